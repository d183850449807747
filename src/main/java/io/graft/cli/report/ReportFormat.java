package io.graft.cli.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.eval.ClassAverage;
import java.util.Locale;

/** How reports write numbers. */
final class ReportFormat {

  private ReportFormat() {}

  /** Adds a line, written alike in every country. */
  static void line(StringBuilder text, String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  /** Three digits; {@code -} for what is undefined. */
  static String share(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  /** The number; null for what is undefined. */
  static JsonElement orNull(double value) {
    return Double.isNaN(value) ? JsonNull.INSTANCE : new JsonPrimitive(value);
  }

  /** Adds {@code precision}, {@code recall} and {@code f1}. */
  static void addScores(JsonObject json, double precision, double recall, double f1) {
    json.add("precision", orNull(precision));
    json.add("recall", orNull(recall));
    json.add("f1", orNull(f1));
  }

  /** {@code precision}, {@code recall} and {@code f1} over several classes. */
  static JsonObject scores(ClassAverage average) {
    JsonObject json = new JsonObject();
    addScores(json, average.precision(), average.recall(), average.f1());
    return json;
  }
}

package io.graft.cli.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.graft.data.BadImage;
import io.graft.eval.ClassAverage;
import io.graft.eval.SingleLabelEvaluation;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Formats numbers and words for reports. The format is the same in every locale. */
public final class ReportFormat {

  private ReportFormat() {}

  /** Returns the program as the user called it, quoted for a POSIX shell. The launcher tells. */
  public static String program() {
    return quoted(System.getProperty("graft.program", "graft"));
  }

  /** Quotes a word for a POSIX shell, if it needs quotes. */
  public static String quoted(Object word) {
    String text = word.toString();
    return text.matches("[A-Za-z0-9_./:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /** Returns the files that could not be used: an object with path and reason for each. */
  public static JsonArray skippedFiles(List<BadImage> skipped) {
    JsonArray files = new JsonArray();
    for (BadImage image : skipped) {
      JsonObject file = new JsonObject();
      file.addProperty("path", image.path().toString());
      file.addProperty("reason", image.reason());
      files.add(file);
    }
    return files;
  }

  static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  static void line(StringBuilder text, String format, Object... arguments) {
    text.append(format(format, arguments)).append('\n');
  }

  /** Returns a share with three decimals, or {@code -} if it is NaN. */
  static String share(double value) {
    return Double.isNaN(value) ? "-" : format("%.3f", value);
  }

  /** Returns the value as JSON, or JSON null if the value is NaN. */
  static JsonElement orNull(double value) {
    return Double.isNaN(value) ? JsonNull.INSTANCE : new JsonPrimitive(value);
  }

  /** Returns the value as JSON, or JSON null if there is no value. */
  public static JsonElement orNull(OptionalDouble value) {
    return orNull(value.orElse(Double.NaN));
  }

  /** Returns the speed of the frozen layers; empty if they ran on no image. */
  public static OptionalDouble imagesPerSecond(long images, double seconds) {
    return images == 0 ? OptionalDouble.empty() : OptionalDouble.of(images / seconds);
  }

  /** Returns the count with its noun, such as {@code 1 image} or {@code 2 images}. */
  public static String count(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  /** Adds {@code precision}, {@code recall} and {@code f1} to a JSON object. */
  static void addScores(JsonObject json, double precision, double recall, double f1) {
    json.add("precision", orNull(precision));
    json.add("recall", orNull(recall));
    json.add("f1", orNull(f1));
  }

  /** Returns the averages over the classes: {@code precision}, {@code recall} and {@code f1}. */
  static JsonObject scores(ClassAverage average) {
    JsonObject json = new JsonObject();
    addScores(json, average.precision(), average.recall(), average.f1());
    return json;
  }

  /** Appends the interval of top-1 and the chance level. */
  static void interval(StringBuilder text, SingleLabelEvaluation evaluation) {
    SingleLabelEvaluation.Interval interval = evaluation.top1Interval(MeasuredReport.SEED);
    line(
        text,
        "95 %% interval %.3f to %.3f over %d images; chance, which is always naming the most"
            + " frequent class, has %.3f.",
        interval.low(),
        interval.high(),
        evaluation.rows(),
        evaluation.chance());
  }

  /** Appends the two classes that are confused most often. Appends nothing if none are confused. */
  static void confused(StringBuilder text, SingleLabelEvaluation evaluation, List<String> classes) {
    evaluation
        .worstPair()
        .ifPresent(
            pair ->
                line(
                    text,
                    "Most confused: %d of %d '%s' %s taken for '%s'.",
                    pair.count(),
                    evaluation.perClass().get(pair.trueClass()).support(),
                    classes.get(pair.trueClass()),
                    pair.count() == 1 ? "was" : "were",
                    classes.get(pair.predictedClass())));
  }

  /**
   * Returns what follows the precision in a line about frozen layers; nothing if decoded exactly.
   */
  public static String decoded(String way) {
    return way.equals("exact") ? "" : ", decoded " + way;
  }
}

package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;

import com.google.gson.JsonObject;
import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import io.graft.features.Duplicates;
import io.graft.features.Duplicates.Kind;
import io.graft.features.Duplicates.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The report of {@code train} and {@code pretrain} on images that stand in several places.
 *
 * @param parts the images to use; with folds, none of them are validation images
 * @param dropped whether these parts are without duplicates
 */
public record DuplicatesReport(Duplicates found, DataParts parts, boolean dropped) {

  /** Creates the report, with the duplicates dropped or not. */
  public DuplicatesReport(Duplicates found, boolean dropped) {
    this(found, dropped ? found.partsWithout() : found.parts(), dropped);
  }

  /** Returns the report for programs. docs/command-line.md lists the keys. */
  public JsonObject json() {
    JsonObject json = new JsonObject();
    found
        .counts()
        .forEach((kind, count) -> json.addProperty(kind.name().toLowerCase(Locale.ROOT), count));
    json.addProperty("dropped", droppedImages());
    return json;
  }

  /** Returns whether no validation or test image was found to be a training image. */
  public boolean apart() {
    return count(Kind.TRAIN_VALIDATION) + count(Kind.TRAIN_TEST) == 0;
  }

  /** Returns why the numbers are too good; empty if there is no reason. */
  public Optional<String> caution() {
    if (dropped) {
      return Optional.empty();
    }
    List<String> reasons = new ArrayList<>();
    if (count(Kind.FOLDS) > 0) {
      reasons.add(
          count(Kind.FOLDS)
              + " images stand in several folds, so the top-1 of the folds is too high.");
    }
    for (Kind kind : List.of(Kind.TRAIN_VALIDATION, Kind.TRAIN_TEST)) {
      if (count(kind) > 0) {
        String part = laterPart(kind);
        reasons.add(sentence(kind) + ", so the " + part + " top-1 is too high.");
      }
    }
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", reasons));
  }

  private int count(Kind kind) {
    return found.counts().getOrDefault(kind, 0);
  }

  private int droppedImages() {
    return images(found.parts()) - images(parts);
  }

  private static int images(DataParts parts) {
    return parts.all().stream().mapToInt(part -> part.images().size()).sum();
  }

  /** Returns text for people: how many images of each kind there are, and the first of them. */
  public String text() {
    List<String> lines = new ArrayList<>();
    found
        .counts()
        .forEach(
            (kind, count) -> {
              if (count > 0) {
                lines.add(headline(kind, count));
                List<Pair> named = found.named(kind);
                named.forEach(pair -> lines.add("  " + text(kind, pair)));
                if (count > named.size()) {
                  lines.add("  and " + (count - named.size()) + " more");
                }
              }
            });
    return String.join("\n", lines);
  }

  /** Returns text for people on what was left out. */
  public String droppedText() {
    return format("Left out %d of %d images.", droppedImages(), images(found.parts()));
  }

  private String headline(Kind kind, int count) {
    return switch (kind) {
      case TRAIN_VALIDATION, TRAIN_TEST, VALIDATION_TEST ->
          sentence(kind)
              + (sameSource(kind) ? " (both come from " + later(kind).source() + ")" : "")
              + ":";
      case FOLDS ->
          format(
              "%d of %d images stand in several folds, so a fold is measured on images that its"
                  + " training has seen:",
              count, found.parts().train().images().size());
      case TWO_LABELS ->
          count == 1
              ? "1 image has different labels in different places:"
              : count + " images have different labels in different places:";
    };
  }

  private String sentence(Kind kind) {
    int count = count(kind);
    String part = kind == Kind.VALIDATION_TEST ? "validation" : "training";
    return format(
        "%d of %d %s images %s too",
        count,
        later(kind).images().size(),
        laterPart(kind),
        count == 1 ? "is a " + part + " image" : "are " + part + " images");
  }

  private static String laterPart(Kind kind) {
    return kind == Kind.TRAIN_VALIDATION ? "validation" : "test";
  }

  private LabeledImages later(Kind kind) {
    DataParts all = found.parts();
    return (kind == Kind.TRAIN_VALIDATION ? all.validation() : all.test()).orElseThrow();
  }

  private LabeledImages earlier(Kind kind) {
    DataParts all = found.parts();
    return kind == Kind.VALIDATION_TEST ? all.validation().orElseThrow() : all.train();
  }

  /** Returns whether both parts are all images of one folder or table. */
  private boolean sameSource(Kind kind) {
    LabeledImages one = earlier(kind);
    LabeledImages other = later(kind);
    try {
      return one.images().size() == other.images().size()
          && Files.isSameFile(one.source(), other.source());
    } catch (IOException e) {
      return false;
    }
  }

  private static String text(Kind kind, Pair pair) {
    if (kind == Kind.TWO_LABELS) {
      return format(
          "%s (%s) is %s (%s)",
          pair.first(),
          String.join("|", pair.firstClasses()),
          pair.second(),
          String.join("|", pair.secondClasses()));
    }
    return pair.first().equals(pair.second())
        ? pair.first().toString()
        : pair.second() + " is " + pair.first();
  }
}

package io.graft.cli.options.data;

import com.google.gson.Gson;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import io.graft.data.TableFormat;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for columns of a table that say how to divide its images. */
final class SplitColumnOptions {

  @Mixin private SplitColumnOption split;

  @Option(
      names = "--group-column",
      paramLabel = "NAME",
      description =
          "In a table: the column with the group of each image, such as a patient or a place. No"
              + " group is in two parts of a split, or in two folds.")
  private String groupColumn;

  /** Returns the format of a table to divide. */
  TableFormat divided(TableFormat format) {
    return split.column == null ? grouped(format) : grouped(format.withSplitColumn(split.column));
  }

  /** Returns the format of a table of validation images. */
  TableFormat grouped(TableFormat format) {
    return groupColumn == null ? format : format.withGroupColumn(groupColumn);
  }

  /** Checks that the validation images are not named in two ways. */
  void requireNoOther(SplitOption validation) {
    if (split.column != null && validation.images().isPresent()) {
      throw new InvalidOptionException(
          "--split-column says what to validate on, and so does --validation %s. Remove one."
              .formatted(validation.images().get()));
    }
  }

  /** Checks that no other validation images are asked for than those that the column marks. */
  void requireNoOther(SplitOption validation, DataParts found) {
    if (split.column != null && found.validation().isPresent() && validation.choosesOthers()) {
      throw new InvalidOptionException(
          ("The column '%s' marks %s validation images, but others are asked for. Expected no"
                  + " --validation-split and no --folds. Remove them, or --split-column.")
              .formatted(split.column, found.validation().get().images().size()));
    }
  }

  /** Says how the columns divide the images. */
  List<String> notes(DataParts parts) {
    List<String> notes = new ArrayList<>();
    if (groupColumn != null) {
      List<String> counts = new ArrayList<>();
      groups(parts).forEach((part, count) -> counts.add(count + " in " + part));
      notes.add("Groups of the column '%s': %s.".formatted(groupColumn, String.join(", ", counts)));
    }
    return notes;
  }

  /** Adds the columns, and the number of groups in each part. */
  void addTo(JsonObject json, DataParts parts) {
    json.addProperty("split_column", split.column);
    json.add(
        "groups", groupColumn == null ? JsonNull.INSTANCE : new Gson().toJsonTree(groups(parts)));
  }

  /** Returns the number of groups in each part that there is. */
  private static Map<String, Long> groups(DataParts parts) {
    Map<String, Long> groups = new LinkedHashMap<>();
    groups.put("train", count(parts.train()));
    parts.validation().ifPresent(images -> groups.put("validation", count(images)));
    parts.test().ifPresent(images -> groups.put("test", count(images)));
    return groups;
  }

  private static long count(LabeledImages images) {
    return images.images().stream().map(images::groupOf).distinct().count();
  }
}

package io.graft.data;

import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A CSV table of images and their labels, in UTF-8. Its header names the columns {@code path} and
 * {@code label} in any order; other columns are ignored. A relative path starts at the folder of
 * the table. A row that repeats the path and label of another row is passed over.
 *
 * <p>For multi-label images, a column {@code labels} replaces {@code label}. It has any number of
 * labels with {@code |} between them. Rows with the same path are merged.
 */
public final class ImageTable implements LabeledImages {

  private final Path table;
  private final List<String> classes;
  private final LabelSets labelSets;
  private final List<LabeledImage> images;
  private final int passedOver;

  private ImageTable(Path table, TableRows rows) {
    this.table = table;
    this.classes =
        ClassNames.sorted(rows.rows().stream().flatMap(row -> row.labels().stream()).toList());
    Map<String, Integer> positions = ClassNames.labels(classes);
    Map<List<Integer>, Integer> sets = new LinkedHashMap<>();
    List<LabeledImage> labeled = new ArrayList<>();
    for (TableRows.Row row : inOrder(rows.rows())) {
      List<Integer> ofRow = row.labels().stream().map(positions::get).sorted().toList();
      int label =
          rows.multiLabel() ? sets.computeIfAbsent(ofRow, set -> sets.size()) : ofRow.get(0);
      labeled.add(new LabeledImage(row.path(), label));
    }
    this.labelSets =
        rows.multiLabel()
            ? LabelSets.multiLabel(classes.size(), List.copyOf(sets.keySet()))
            : LabelSets.singleLabel(classes.size());
    this.images = List.copyOf(labeled);
    this.passedOver = rows.repeated();
  }

  private static List<TableRows.Row> inOrder(List<TableRows.Row> rows) {
    return rows.stream()
        .sorted((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()))
        .toList();
  }

  /**
   * Lists a table to train on, without looking for its files.
   *
   * @throws BadDataException if the table does not exist, cannot be read, has a wrong row, or has
   *     fewer than two labels (none, for multi-label images)
   */
  public static ImageTable open(Path table) {
    ImageTable opened = list(table);
    if (opened.images.isEmpty()) {
      throw new BadDataException(
          "No images in the table "
              + table
              + ": received a header without rows. Expected one row per image.");
    }
    if (!opened.labelSets.multiLabel()) {
      ClassNames.requireTwo(table, opened.classes, "Add rows of another label.");
    } else if (opened.classes.isEmpty()) {
      throw new BadDataException(
          ("No labels in the table %s: received %s images without labels. Expected at least"
                  + " one label. Write labels into the column 'labels', with | between the labels of"
                  + " an image.")
              .formatted(table, opened.images.size()));
    }
    return opened;
  }

  /** Lists a table that may have any number of labels. */
  static ImageTable list(Path table) {
    return new ImageTable(table, TableRows.read(table));
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public LabelSets labelSets() {
    return labelSets;
  }

  @Override
  public List<LabeledImage> images() {
    return images;
  }

  @Override
  public Path source() {
    return table;
  }

  @Override
  public int passedOver() {
    return passedOver;
  }

  @Override
  public String relativePath(LabeledImage image) {
    return RelativePaths.of(TableRows.folderOf(table), image.path());
  }

  @Override
  public String toString() {
    return "ImageTable[%s, %d classes, %d images]".formatted(table, classes.size(), images.size());
  }
}

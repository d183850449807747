package io.graft.data;

import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A CSV table of images and their labels: UTF-8, with a header that names the columns {@code path}
 * and {@code label} in any order. Other columns are ignored. A relative path starts at the folder
 * of the table. A row that repeats the path and label of another is passed over.
 */
public final class ImageTable implements LabeledImages {

  private final Path table;
  private final List<String> classes;
  private final List<LabeledImage> images;
  private final int passedOver;

  private ImageTable(Path table, TableRows rows) {
    this.table = table;
    this.classes = ClassNames.sorted(rows.rows().stream().map(TableRows.Row::label).toList());
    Map<String, Integer> labels = ClassNames.labels(classes);
    this.images =
        rows.rows().stream()
            .sorted((a, b) -> ClassNames.compareCodePoints(a.relativePath(), b.relativePath()))
            .map(row -> new LabeledImage(row.path(), labels.get(row.label())))
            .toList();
    this.passedOver = rows.repeated();
  }

  /**
   * Lists a table to train with.
   *
   * @throws BadDataException if there is no such table, it cannot be read, a row is wrong, or it
   *     has fewer than two labels; files that it names are not looked for
   */
  public static ImageTable open(Path table) {
    ImageTable opened = list(table);
    if (opened.images.isEmpty()) {
      throw new BadDataException(
          "No images in the table "
              + table
              + ": received a header without rows. Expected one row per image. Add rows.");
    }
    ClassNames.requireTwo(table, opened.classes, "Add rows of another label.");
    return opened;
  }

  /** Lists a table without any demand on its labels. */
  static ImageTable list(Path table) {
    return new ImageTable(table, TableRows.read(table));
  }

  @Override
  public List<String> classes() {
    return classes;
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
}

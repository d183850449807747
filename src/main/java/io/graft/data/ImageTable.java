package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.data.listing.IgnoreRules;
import io.graft.data.listing.Part;
import io.graft.runtime.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A CSV table of images and their labels, in UTF-8. Its header names the columns of a {@link
 * TableFormat} in any order; other columns are ignored. A row that repeats the path and label of
 * another row is ignored. For multi-label images, rows with the same path are merged.
 *
 * @param folder the folder where relative paths start
 * @param parts what each file is for; empty if the table does not say so
 * @param groups the group of each file; empty if the table has no column of groups
 */
record ImageTable(
    Path source,
    Path folder,
    List<String> classes,
    LabelSets labelSets,
    List<LabeledImage> images,
    Map<Path, Part> parts,
    Map<Path, String> groups,
    int passedOver)
    implements LabeledImages {

  /**
   * Lists a table to train on. Does not check that its files exist.
   *
   * @throws BadDataException if the table does not exist, cannot be read, has an invalid row, or
   *     has fewer than two labels (or none, for multi-label images)
   */
  static ImageTable open(Path table, ListingOptions options) {
    ImageTable opened = list(table, options);
    if (opened.images.isEmpty()) {
      throw new BadDataException(
          "No images in the table %s: received %s. Expected one row per image."
              .formatted(
                  table,
                  opened.passedOver == 0
                      ? "a header without rows"
                      : opened.passedOver + " rows, which are all to be passed over"),
          "ignore");
    }
    if (!opened.labelSets.multiLabel()) {
      ClassNames.requireTwo(table, opened.classes, "Add rows of another label.");
    } else if (opened.classes.isEmpty()) {
      throw new BadDataException(
          ("No labels in the table %s: received %s images without labels. Expected at least one"
                  + " label. Write labels into the column 'labels', with | between the labels of an"
                  + " image.")
              .formatted(table, opened.images.size()));
    }
    return opened;
  }

  /** Lists a table that may have any number of labels. */
  static ImageTable list(Path table, ListingOptions options) {
    TableFormat format = options.table();
    TableRows.Table read = TableRows.read(table, format);
    IgnoreRules ignored = new IgnoreRules(table.getFileSystem(), options.ignore());
    List<TableRows.Row> rows =
        options.ignore().isEmpty()
            ? read.rows()
            : read.rows().stream().filter(row -> !ignored.ignoresRow(row.relativePath())).toList();
    Set<String> names = new HashSet<>();
    rows.forEach(row -> names.addAll(row.labels()));
    List<String> classes = ClassNames.sorted(names);
    Map<String, Integer> positions = ClassNames.labels(classes);
    Map<List<Integer>, Integer> sets = new LinkedHashMap<>();
    List<LabeledImage> images = new ArrayList<>();
    Map<Path, Part> parts = new HashMap<>();
    Map<Path, String> groups = new HashMap<>();
    for (TableRows.Row row : rows) {
      int label =
          read.multiLabel()
              ? sets.computeIfAbsent(
                  row.labels().stream().map(positions::get).sorted().toList(), set -> sets.size())
              : positions.get(row.labels().iterator().next());
      images.add(new LabeledImage(row.path(), label));
      row.part().ifPresent(part -> parts.put(row.path(), part));
      row.group().ifPresent(group -> groups.put(row.path(), group));
    }
    LabelSets labelSets =
        read.multiLabel()
            ? LabelSets.multiLabel(classes.size(), List.copyOf(sets.keySet()))
            : LabelSets.singleLabel(classes.size());
    return new ImageTable(
        table,
        TableRows.folderOf(table, format),
        classes,
        labelSets,
        List.copyOf(images),
        Map.copyOf(parts),
        Map.copyOf(groups),
        read.repeated() + read.rows().size() - rows.size());
  }

  @Override
  public String relativePath(LabeledImage image) {
    return ImageFolder.pathBelow(folder, image.path());
  }

  @Override
  public Optional<String> partOf(LabeledImage image) {
    return Optional.ofNullable(parts.get(image.path())).map(Part::word);
  }

  @Override
  public Optional<String> groupOf(LabeledImage image) {
    return Optional.ofNullable(groups.get(image.path()));
  }

  /**
   * Returns the images to train on.
   *
   * @throws BadDataException if a class has no image to train on
   */
  LabeledImages trained() {
    LabeledImages train = part(Part.TRAIN).orElseGet(() -> only(List.of()));
    Set<String> missing = new LinkedHashSet<>(classes);
    train
        .images()
        .forEach(image -> classesOf(image).forEach(label -> missing.remove(classes.get(label))));
    if (!missing.isEmpty()) {
      throw new BadDataException(
          ("The table %s has no image to train on of %s. Expected at least one image of each class"
                  + " with the part %s. Correct the column of parts, or remove the class.")
              .formatted(source, ClassNames.list(missing), Part.TRAIN.word()),
          "split-column");
    }
    return train;
  }

  /** Returns the images of a part; empty if it has none. */
  Optional<LabeledImages> part(Part part) {
    List<LabeledImage> chosen =
        images.stream().filter(image -> parts.get(image.path()) == part).toList();
    return chosen.isEmpty() ? Optional.empty() : Optional.of(only(chosen));
  }

  @Override
  public String toString() {
    return "ImageTable[%s, %d classes, %d images]".formatted(source, classes.size(), images.size());
  }
}

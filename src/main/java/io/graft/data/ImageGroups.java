package io.graft.data;

import io.graft.data.listing.ClassNames;
import io.graft.data.splits.GroupCounts;
import io.graft.data.splits.GroupHillClimb;
import io.graft.data.splits.SeededOrder;
import io.graft.data.splits.StratifiedGroupFolds;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The groups of files, by number from 0 in the order of their names.
 *
 * @param names the names of the groups
 * @param ofFiles the group of each file
 * @param counts the number of files of each group and class
 * @param sizes the number of files of each group
 */
@SuppressWarnings("ArrayRecordComponent") // Only this package sees them.
record ImageGroups(List<String> names, int[] ofFiles, GroupCounts counts, int[] sizes) {

  /** Returns the groups of files; empty if they have none. */
  static Optional<ImageGroups> of(LabeledImages images, List<LabeledImage> files) {
    List<String> groups = new ArrayList<>();
    files.forEach(file -> images.groupOf(file).ifPresent(groups::add));
    if (groups.isEmpty()) {
      return Optional.empty();
    }
    List<String> names = ClassNames.sorted(groups);
    Map<String, Integer> positions = ClassNames.labels(names);
    int[] ofFiles = groups.stream().mapToInt(positions::get).toArray();
    int[] sizes = new int[names.size()];
    IntStream.of(ofFiles).forEach(group -> sizes[group]++);
    GroupCounts counts =
        GroupCounts.of(
            names.size(),
            images.classes().size(),
            files.stream().map(images::classesOf).toList(),
            file -> ofFiles[file]);
    return Optional.of(new ImageGroups(names, ofFiles, counts, sizes));
  }

  /** Checks that no group has images in two sets. */
  static void requireApart(List<LabeledImages> sets) {
    Map<String, String> firstOfGroup = new HashMap<>();
    for (LabeledImages images : sets) {
      Map<String, String> ofSet = new HashMap<>();
      for (LabeledImage image : images.images()) {
        images
            .groupOf(image)
            .ifPresent(group -> ofSet.computeIfAbsent(group, key -> images.relativePath(image)));
      }
      ofSet.forEach(
          (group, path) -> {
            String earlier = firstOfGroup.putIfAbsent(group, path);
            if (earlier != null) {
              throw new BadDataException(
                  ("The group '%s' of %s is in two parts: it has %s and %s. Expected each group in"
                          + " one part, because images of a group are alike. Move its images into"
                          + " one part, or remove the setting of the groups.")
                      .formatted(group, images.source(), earlier, path),
                  "group-column");
            }
          });
    }
  }

  /** Draws the files to validate on: about a fraction, and whole groups. */
  BitSet validation(double fraction, long seed) {
    BitSet groups =
        GroupHillClimb.validation(
            counts,
            sizes,
            fraction,
            SeededOrder.permutation(sizes.length, SeededOrder.mix(seed, 0)));
    BitSet files = new BitSet();
    IntStream.range(0, ofFiles.length)
        .filter(file -> groups.get(ofFiles[file]))
        .forEach(files::set);
    return files;
  }

  /**
   * Draws the fold of each file.
   *
   * @param images the images of the files, for messages
   */
  int[] folds(LabeledImages images, int folds, long seed) {
    if (folds < 2 || folds > names.size()) {
      throw new InvalidOptionException(
          "The number of folds is %s. Expected from 2 to %s, the number of groups, such as %s."
              .formatted(folds, names.size(), Math.max(2, Math.min(5, names.size()))),
          "folds");
    }
    int[][] groupsOfClasses = counts.groupsOfClasses();
    for (int label = 0; label < groupsOfClasses.length; label++) {
      if (groupsOfClasses[label].length == 1) {
        String only = names.get(groupsOfClasses[label][0]);
        throw cannotMake(images, label, "is only in the group '" + only + "'");
      }
    }
    int[] order = SeededOrder.permutation(names.size(), SeededOrder.mix(seed, 0));
    int[] ofGroups = StratifiedGroupFolds.assign(counts, folds, order);
    for (int label = 0; label < groupsOfClasses.length; label++) {
      if (IntStream.of(groupsOfClasses[label]).map(group -> ofGroups[group]).distinct().count()
          == 1) {
        throw cannotMake(images, label, "has too few groups for " + folds + " folds");
      }
    }
    return IntStream.of(ofFiles).map(group -> ofGroups[group]).toArray();
  }

  private static BadDataException cannotMake(LabeledImages images, int label, String reason) {
    return new BadDataException(
        ("Cannot make folds of %s: the class '%s' %s. Expected each class in at least two groups,"
                + " because one part trains and the other validates. Add images of other groups,"
                + " or remove the class.")
            .formatted(images.source(), images.classes().get(label), reason),
        "folds",
        "group-column");
  }
}

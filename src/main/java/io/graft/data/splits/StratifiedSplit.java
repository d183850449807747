package io.graft.data.splits;

import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Random splits of single-label images that take the same fraction of every class. */
public final class StratifiedSplit {

  private StratifiedSplit() {}

  /**
   * Draws the validation images.
   *
   * @param labels the label of each image
   * @param classes the names of the labels
   * @return positions in {@code labels}
   */
  public static BitSet validation(
      int[] labels, List<String> classes, double validationFraction, long seed) {
    BitSet validates = new BitSet();
    byLabel(labels)
        .forEach(
            (label, positions) -> {
              // The seed depends on the class's name, so that other classes do not change its
              // split.
              long classSeed = SeededOrder.mix(seed, classes.get(label).hashCode());
              int[] order = SeededOrder.permutation(positions.size(), classSeed);
              int count = validationCount(positions.size(), validationFraction);
              for (int i = 0; i < count; i++) {
                validates.set(positions.get(order[i]));
              }
            });
    return validates;
  }

  /**
   * Draws the fold of every image. A fold has as many images of each class as in scikit-learn's
   * {@code StratifiedKFold(shuffle=True)}: the images are taken class by class, and image i goes to
   * fold i modulo k. The seed draws the order within each class.
   *
   * @param labels the label of each image
   * @param files the file of each image, for messages
   * @param source where the images are from, for messages
   * @return the fold of each image
   */
  public static int[] folds(int[] labels, List<Path> files, Path source, int folds, long seed) {
    Map<Integer, List<Integer>> byLabel = byLabel(labels);
    requireEnough(files, byLabel, source, folds);
    int[] foldOf = new int[labels.length];
    int dealt = 0;
    for (Map.Entry<Integer, List<Integer>> ofLabel : byLabel.entrySet()) {
      List<Integer> positions = ofLabel.getValue();
      long classSeed = SeededOrder.mix(seed, ofLabel.getKey());
      for (int i : SeededOrder.permutation(positions.size(), classSeed)) {
        foldOf[positions.get(i)] = dealt++ % folds;
      }
    }
    return foldOf;
  }

  private static Map<Integer, List<Integer>> byLabel(int[] labels) {
    Map<Integer, List<Integer>> byLabel = new TreeMap<>();
    for (int i = 0; i < labels.length; i++) {
      byLabel.computeIfAbsent(labels[i], label -> new ArrayList<>()).add(i);
    }
    return byLabel;
  }

  private static int validationCount(int images, double fraction) {
    if (images < 2) {
      return 0;
    }
    return Math.max(1, Math.min(images - 1, (int) Math.round(fraction * images)));
  }

  private static void requireEnough(
      List<Path> files, Map<Integer, List<Integer>> byLabel, Path source, int folds) {
    int largest = byLabel.values().stream().mapToInt(List::size).max().orElse(0);
    if (folds < 2 || folds > largest) {
      throw new InvalidOptionException(
          ("The number of folds is %s. Expected from 2 to %s, the number of images of the"
                  + " largest class, such as %s.")
              .formatted(folds, largest, Math.max(2, Math.min(5, largest))),
          "folds");
    }
    for (List<Integer> positions : byLabel.values()) {
      if (positions.size() < 2) {
        throw new BadDataException(
            ("Cannot make folds of %s: a class has only one image, %s. Expected at least two"
                    + " images of each class, because one part trains and the other validates. Add"
                    + " images, or remove the class.")
                .formatted(source, files.get(positions.get(0))));
      }
    }
  }
}

package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Splits for k-fold cross-validation, with as many images of each class per fold as scikit-learn's
 * {@code StratifiedKFold(shuffle=True)} has: in the order of the classes, image i is of fold i
 * modulo k. Which images of a class those are is drawn by seed.
 */
final class StratifiedFolds {

  private StratifiedFolds() {}

  static List<Split> of(LabeledImages whole, int folds, long seed) {
    if (whole.labelSets().multiLabel()) {
      throw new InvalidOptionException(
          "Folds are of images that have one class each, and those of "
              + whole.source()
              + " may have several. Use one split into training and validation images.",
          "folds",
          "validation-split");
    }
    Map<Integer, List<LabeledImage>> byLabel = new TreeMap<>();
    List<LabeledImage> images = whole.images();
    for (int i = 0; i < images.size(); i++) {
      if (StratifiedSplit.beginsFile(images, i)) {
        byLabel
            .computeIfAbsent(images.get(i).label(), label -> new ArrayList<>())
            .add(images.get(i));
      }
    }
    requireEnough(whole, byLabel, folds);
    Map<LabeledImage, Integer> foldOf = new HashMap<>();
    byLabel.forEach(
        (label, files) -> {
          int[] order = SeededOrder.permutation(files.size(), SeededOrder.mix(seed, label));
          for (int position : order) {
            foldOf.put(files.get(position), foldOf.size() % folds);
          }
        });
    List<List<LabeledImage>> train = new ArrayList<>();
    List<List<LabeledImage>> validation = new ArrayList<>();
    for (int fold = 0; fold < folds; fold++) {
      train.add(new ArrayList<>());
      validation.add(new ArrayList<>());
    }
    int foldOfFile = 0;
    for (int i = 0; i < images.size(); i++) {
      LabeledImage image = images.get(i);
      foldOfFile = StratifiedSplit.beginsFile(images, i) ? foldOf.get(image) : foldOfFile;
      for (int fold = 0; fold < folds; fold++) {
        (fold == foldOfFile ? validation : train).get(fold).add(image);
      }
    }
    List<Split> splits = new ArrayList<>();
    for (int fold = 0; fold < folds; fold++) {
      splits.add(new Split(whole.only(train.get(fold)), whole.only(validation.get(fold))));
    }
    return splits;
  }

  private static void requireEnough(
      LabeledImages whole, Map<Integer, List<LabeledImage>> byLabel, int folds) {
    int largest = byLabel.values().stream().mapToInt(List::size).max().orElse(0);
    if (folds < 2 || folds > largest) {
      throw new InvalidOptionException(
          "Folds is "
              + folds
              + ": expected from 2 to the "
              + largest
              + " images of the largest class, such as "
              + Math.max(2, Math.min(5, largest))
              + ".");
    }
    for (List<LabeledImage> files : byLabel.values()) {
      if (files.size() < 2) {
        throw new BadDataException(
            "Cannot make folds of "
                + whole.source()
                + ": a class has one image, "
                + files.get(0).path()
                + ", and none to train on where it validates. Expected at least two images of each"
                + " class. Add images, or remove the class.");
      }
    }
  }
}

package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A random split that draws the same fraction of every class. */
final class StratifiedSplit {

  private StratifiedSplit() {}

  static Split of(LabeledImages whole, double validationFraction, long seed) {
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw new InvalidOptionException(
          "The validation split is "
              + validationFraction
              + ". Expected a fraction greater than 0 and less than 1, such as 0.2. Give another"
              + " one.");
    }
    List<LabeledImage> images = whole.images();
    List<List<Integer>> byClass = new ArrayList<>();
    whole.classes().forEach(name -> byClass.add(new ArrayList<>()));
    for (int i = 0; i < images.size(); i++) {
      if (beginsFile(images, i)) {
        byClass.get(images.get(i).label()).add(i);
      }
    }

    BitSet validates = new BitSet(images.size());
    for (int label = 0; label < byClass.size(); label++) {
      List<Integer> positions = byClass.get(label);
      long classSeed = SeededOrder.mix(seed, whole.classes().get(label).hashCode());
      int[] order = SeededOrder.permutation(positions.size(), classSeed);
      int count = validationCount(positions.size(), validationFraction);
      for (int i = 0; i < count; i++) {
        validates.set(positions.get(order[i]));
      }
    }
    if (validates.isEmpty()) {
      throw new BadDataException(
          "Cannot split "
              + whole.source()
              + ": none of its "
              + whole.classes().size()
              + " classes has two images. Expected at least one class that can give an image to"
              + " validation. Add images, or name a folder of validation images.");
    }

    List<LabeledImage> train = new ArrayList<>();
    List<LabeledImage> validation = new ArrayList<>();
    boolean goesToValidation = false;
    for (int i = 0; i < images.size(); i++) {
      goesToValidation = beginsFile(images, i) ? validates.get(i) : goesToValidation;
      (goesToValidation ? validation : train).add(images.get(i));
    }
    return new Split(
        new ImageSubset(whole, whole.classes(), train),
        new ImageSubset(whole, whole.classes(), validation));
  }

  /** Views of one file follow each other and stay together. */
  private static boolean beginsFile(List<LabeledImage> images, int i) {
    return i == 0 || !images.get(i).sharesFileWith(images.get(i - 1));
  }

  private static int validationCount(int images, double fraction) {
    if (images < 2) {
      return 0;
    }
    return Math.max(1, Math.min(images - 1, (int) Math.round(fraction * images)));
  }
}

package io.graft.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** A random split that draws the same fraction of every class, or close to it. */
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
    List<Integer> files =
        IntStream.range(0, images.size()).filter(i -> beginsFile(images, i)).boxed().toList();
    BitSet validates =
        whole.labelSets().multiLabel()
            ? IterativeStratification.validation(whole, files, validationFraction, seed)
            : byClass(whole, files, validationFraction, seed);
    if (validates.isEmpty()) {
      throw new BadDataException(
          "Cannot split "
              + whole.source()
              + (whole.labelSets().multiLabel()
                  ? ": none of its " + files.size() + " images can be spared at this fraction"
                  : ": none of its " + whole.classes().size() + " classes has two images")
              + ". Expected at least one class that can give an image to validation. Add images, or"
              + " name a folder of validation images.");
    }

    List<LabeledImage> train = new ArrayList<>();
    List<LabeledImage> validation = new ArrayList<>();
    boolean goesToValidation = false;
    for (int i = 0; i < images.size(); i++) {
      goesToValidation = beginsFile(images, i) ? validates.get(i) : goesToValidation;
      (goesToValidation ? validation : train).add(images.get(i));
    }
    return new Split(whole.only(train), whole.only(validation));
  }

  private static BitSet byClass(
      LabeledImages whole, List<Integer> files, double validationFraction, long seed) {
    List<List<Integer>> byClass = new ArrayList<>();
    whole.classes().forEach(name -> byClass.add(new ArrayList<>()));
    files.forEach(i -> byClass.get(whole.images().get(i).label()).add(i));
    BitSet validates = new BitSet();
    for (int label = 0; label < byClass.size(); label++) {
      List<Integer> positions = byClass.get(label);
      long classSeed = SeededOrder.mix(seed, whole.classes().get(label).hashCode());
      int[] order = SeededOrder.permutation(positions.size(), classSeed);
      int count = validationCount(positions.size(), validationFraction);
      for (int i = 0; i < count; i++) {
        validates.set(positions.get(order[i]));
      }
    }
    return validates;
  }

  /** Views of one file follow each other and stay together. */
  static boolean beginsFile(List<LabeledImage> images, int i) {
    return i == 0 || !images.get(i).sharesFileWith(images.get(i - 1));
  }

  private static int validationCount(int images, double fraction) {
    if (images < 2) {
      return 0;
    }
    return Math.max(1, Math.min(images - 1, (int) Math.round(fraction * images)));
  }
}

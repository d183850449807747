package io.graft.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A random split that draws close to the same fraction of every class where images have several:
 * Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data, ECML PKDD 2011,
 * algorithm 1. Of the classes with images left, the one with the fewest is dealt out, each image to
 * the part that wants the class more, of equals to the one that wants more images. Beyond that, the
 * first image of each class goes to training, so that every class can be learnt.
 */
final class IterativeStratification {

  private static final int TRAIN = 0;
  private static final int VALIDATION = 1;

  private final List<List<Integer>> classesOfImages;

  /** By part and class: how many more images are wanted; the last class stands for every image. */
  private final double[][] wanted;

  /** By class: how many of its images are in no part yet. */
  private final int[] left;

  private final boolean[] trained;
  private final BitSet dealt = new BitSet();
  private final BitSet validation = new BitSet();

  private IterativeStratification(
      LabeledImages whole, List<Integer> images, double validationFraction) {
    classesOfImages = new ArrayList<>();
    int classes = whole.classes().size();
    left = new int[classes];
    trained = new boolean[classes];
    for (int image : images) {
      List<Integer> ofImage = whole.classesOf(whole.images().get(image));
      classesOfImages.add(ofImage);
      ofImage.forEach(label -> left[label]++);
    }
    wanted = new double[2][classes + 1];
    for (int label = 0; label <= classes; label++) {
      int count = label < classes ? left[label] : images.size();
      wanted[TRAIN][label] = (1 - validationFraction) * count;
      wanted[VALIDATION][label] = validationFraction * count;
    }
  }

  /**
   * Those of the images that are to validate.
   *
   * @param images positions in {@link LabeledImages#images()} of the images to share out
   */
  static BitSet validation(
      LabeledImages whole, List<Integer> images, double validationFraction, long seed) {
    IterativeStratification split = new IterativeStratification(whole, images, validationFraction);
    int[] order = SeededOrder.permutation(images.size(), SeededOrder.mix(seed, 0));
    for (int rarest = split.rarest(); rarest >= 0; rarest = split.rarest()) {
      int label = rarest;
      split.deal(label, Arrays.stream(order).filter(i -> split.has(i, label)).toArray());
    }
    split.deal(split.left.length, order);
    BitSet validates = new BitSet();
    split.validation.stream().map(images::get).forEach(validates::set);
    return validates;
  }

  /** The class with the fewest images left, the first of equals; -1 if none has any. */
  private int rarest() {
    int rarest = -1;
    for (int label = 0; label < left.length; label++) {
      if (left[label] > 0 && (rarest < 0 || left[label] < left[rarest])) {
        rarest = label;
      }
    }
    return rarest;
  }

  private boolean has(int image, int label) {
    return classesOfImages.get(image).contains(label);
  }

  /** Gives images that are in no part yet to the part that wants the class more. */
  private void deal(int label, int[] images) {
    for (int image : images) {
      if (dealt.get(image)) {
        continue;
      }
      List<Integer> classes = classesOfImages.get(image);
      int part = classes.stream().anyMatch(one -> !trained[one]) ? TRAIN : wanting(label);
      dealt.set(image);
      validation.set(image, part == VALIDATION);
      wanted[part][left.length]--;
      for (int one : classes) {
        wanted[part][one]--;
        left[one]--;
        trained[one] |= part == TRAIN;
      }
    }
  }

  private int wanting(int label) {
    int byClass = Double.compare(wanted[VALIDATION][label], wanted[TRAIN][label]);
    int byImages = Double.compare(wanted[VALIDATION][left.length], wanted[TRAIN][left.length]);
    return (byClass == 0 ? byImages : byClass) > 0 ? VALIDATION : TRAIN;
  }
}

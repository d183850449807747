package io.graft.data.splits;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A random split of multi-label images that takes about the same fraction of every class. It is
 * algorithm 1 of Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data, ECML
 * PKDD 2011. The class with the fewest unassigned images comes first. Each of its images goes to
 * the part that needs the class more, or in a tie to the part that needs more images. In addition,
 * the first image of each class goes to training, so that every class can be learnt.
 */
public final class IterativeStratification {

  private static final int TRAIN = 0;
  private static final int VALIDATION = 1;

  private final List<List<Integer>> classesOfImages;

  /** How many more images each part needs, by class. The last class stands for all images. */
  private final double[][] wanted;

  /** The number of images of each class that are not assigned to a part yet. */
  private final int[] left;

  private final boolean[] trained;
  private final BitSet dealt = new BitSet();
  private final BitSet validation = new BitSet();

  private IterativeStratification(
      int classes, List<List<Integer>> classesOfImages, double validationFraction) {
    this.classesOfImages = classesOfImages;
    left = new int[classes];
    trained = new boolean[classes];
    classesOfImages.forEach(ofImage -> ofImage.forEach(label -> left[label]++));
    wanted = new double[2][classes + 1];
    for (int label = 0; label <= classes; label++) {
      int count = label < classes ? left[label] : classesOfImages.size();
      wanted[TRAIN][label] = (1 - validationFraction) * count;
      wanted[VALIDATION][label] = validationFraction * count;
    }
  }

  /** Draws the validation images: positions in {@code classesOfImages}. */
  public static BitSet validation(
      int classes, List<List<Integer>> classesOfImages, double validationFraction, long seed) {
    IterativeStratification split =
        new IterativeStratification(classes, classesOfImages, validationFraction);
    int[] order = SeededOrder.permutation(classesOfImages.size(), SeededOrder.mix(seed, 0));
    for (int rarest = split.rarest(); rarest >= 0; rarest = split.rarest()) {
      int label = rarest;
      split.deal(label, Arrays.stream(order).filter(i -> split.has(i, label)).toArray());
    }
    split.deal(classes, order);
    return split.validation;
  }

  /** Returns the first class with the fewest unassigned images, or -1 if all are assigned. */
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

  /** Assigns each image that is in no part yet to the part that needs the class more. */
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

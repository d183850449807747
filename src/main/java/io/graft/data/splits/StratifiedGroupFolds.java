package io.graft.data.splits;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Folds of whole groups, in which the classes are spread evenly. It is the greedy algorithm of
 * scikit-learn's {@code StratifiedGroupKFold} (after J. Wąsikowski, Stratified Group K-Fold
 * Cross-Validation, Kaggle 2019). The groups come in descending order of the standard deviation of
 * their counts of the classes. Each goes to the fold that makes the shares of the classes most
 * even: with the smallest standard deviation over the folds, on average over the classes. In a tie
 * it goes to the fold with the fewest images.
 *
 * <p>In addition, no fold gets all images of a class or no group, where that can be avoided.
 * Training needs images of every class, and each fold something to validate on.
 */
public final class StratifiedGroupFolds {

  private static final double RELATIVE_TIE = 1e-5;
  private static final double ABSOLUTE_TIE = 1e-8;

  private final GroupCounts counts;
  private final int[] totals;
  private final int[][] ofFolds;
  private final int[] imagesOfFolds;
  private final int[] groupsOfFolds;

  /** The deviation of the shares of each class over the folds, as they are now. */
  private final double[] deviations;

  private StratifiedGroupFolds(GroupCounts counts, int folds) {
    this.counts = counts;
    this.totals = counts.totals();
    this.ofFolds = new int[folds][counts.classCount()];
    this.imagesOfFolds = new int[folds];
    this.groupsOfFolds = new int[folds];
    this.deviations = new double[counts.classCount()];
  }

  /**
   * Assigns each group to a fold.
   *
   * @param order the groups in the order that decides between groups of equal deviation
   * @return the fold of each group
   */
  public static int[] assign(GroupCounts counts, int folds, int[] order) {
    StratifiedGroupFolds assigned = new StratifiedGroupFolds(counts, folds);
    int[] foldOf = new int[counts.groupCount()];
    double[] deviations =
        IntStream.range(0, foldOf.length).mapToDouble(assigned::deviationOf).toArray();
    List<Integer> sorted =
        IntStream.of(order)
            .boxed()
            .sorted(Comparator.comparingDouble(group -> -deviations[group]))
            .toList();
    for (int i = 0; i < sorted.size(); i++) {
      foldOf[sorted.get(i)] = assigned.add(sorted.get(i), sorted.size() - i);
    }
    return foldOf;
  }

  /** Returns the deviation of the counts of a group over all classes. */
  private double deviationOf(int group) {
    double[] ofClasses = new double[totals.length];
    for (int i = 0; i < counts.classes()[group].length; i++) {
      ofClasses[counts.classes()[group][i]] = counts.images()[group][i];
    }
    return deviation(ofClasses);
  }

  private int add(int group, int groupsLeft) {
    boolean fillEmpty =
        IntStream.of(groupsOfFolds).filter(groups -> groups == 0).count() >= groupsLeft;
    int[] possible =
        IntStream.range(0, ofFolds.length)
            .filter(fold -> !fillEmpty || groupsOfFolds[fold] == 0)
            .toArray();
    int[] without = IntStream.of(possible).filter(fold -> !completesClass(fold, group)).toArray();
    int best = best(without.length > 0 ? without : possible, group);
    groupsOfFolds[best]++;
    for (int i = 0; i < counts.classes()[group].length; i++) {
      int label = counts.classes()[group][i];
      ofFolds[best][label] += counts.images()[group][i];
      imagesOfFolds[best] += counts.images()[group][i];
      deviations[label] = deviationWith(label, best, 0);
    }
    return best;
  }

  private boolean completesClass(int fold, int group) {
    int[] classes = counts.classes()[group];
    return IntStream.range(0, classes.length)
        .anyMatch(i -> ofFolds[fold][classes[i]] + counts.images()[group][i] == totals[classes[i]]);
  }

  private int best(int[] folds, int group) {
    int best = folds[0];
    double smallest = Double.POSITIVE_INFINITY;
    int fewest = Integer.MAX_VALUE;
    for (int fold : folds) {
      double unevenness = unevennessWith(fold, group);
      int images = imagesOfFolds[fold];
      boolean tie = Math.abs(unevenness - smallest) <= ABSOLUTE_TIE + RELATIVE_TIE * smallest;
      if (unevenness < smallest || (tie && images < fewest)) {
        best = fold;
        smallest = unevenness;
        fewest = images;
      }
    }
    return best;
  }

  /** Returns the mean over the classes of the deviation of their shares over the folds. */
  private double unevennessWith(int fold, int group) {
    int[] classes = counts.classes()[group];
    double sum = 0;
    int present = 0;
    // All in the order of the classes, because the last bits of the sum decide between folds.
    for (int label = 0, i = 0; label < totals.length; label++) {
      if (i < classes.length && classes[i] == label) {
        sum += deviationWith(label, fold, counts.images()[group][i]);
        i++;
      } else {
        sum += deviations[label];
      }
      present += totals[label] > 0 ? 1 : 0;
    }
    return sum / present;
  }

  /** Returns the deviation of the shares of a class if a fold had more images of it. */
  private double deviationWith(int label, int fold, int more) {
    double[] shares = new double[ofFolds.length];
    for (int each = 0; each < shares.length; each++) {
      int count = ofFolds[each][label] + (each == fold ? more : 0);
      shares[each] = (double) count / totals[label];
    }
    return deviation(shares);
  }

  private static double deviation(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value;
    }
    mean /= values.length;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / values.length);
  }
}

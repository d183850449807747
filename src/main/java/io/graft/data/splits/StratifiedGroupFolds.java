package io.graft.data.splits;

import java.util.Arrays;
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

  private final int[][] counts;
  private final int[] totals;
  private final int[][] ofFolds;
  private final int[] groupsOfFolds;

  private StratifiedGroupFolds(int[][] counts, int folds) {
    int classes = counts[0].length;
    this.counts = counts;
    this.totals =
        IntStream.range(0, classes)
            .map(label -> Arrays.stream(counts).mapToInt(ofGroup -> ofGroup[label]).sum())
            .toArray();
    this.ofFolds = new int[folds][classes];
    this.groupsOfFolds = new int[folds];
  }

  /**
   * Assigns each group to a fold.
   *
   * @param counts the number of images of each group and class, shape (groups, classes)
   * @param order the groups in the order that decides between groups of equal deviation
   * @return the fold of each group
   */
  public static int[] assign(int[][] counts, int folds, int[] order) {
    StratifiedGroupFolds assigned = new StratifiedGroupFolds(counts, folds);
    int[] foldOf = new int[counts.length];
    List<Integer> sorted =
        IntStream.of(order)
            .boxed()
            .sorted(Comparator.comparingDouble(group -> -deviation(doubles(counts[group]))))
            .toList();
    for (int i = 0; i < sorted.size(); i++) {
      foldOf[sorted.get(i)] = assigned.add(sorted.get(i), sorted.size() - i);
    }
    return foldOf;
  }

  private int add(int group, int groupsLeft) {
    boolean fillEmpty =
        IntStream.of(groupsOfFolds).filter(groups -> groups == 0).count() >= groupsLeft;
    int[] possible =
        IntStream.range(0, ofFolds.length)
            .filter(fold -> !fillEmpty || groupsOfFolds[fold] == 0)
            .toArray();
    int[] without =
        IntStream.of(possible).filter(fold -> !completesClass(fold, counts[group])).toArray();
    int best = best(without.length > 0 ? without : possible, counts[group]);
    groupsOfFolds[best]++;
    for (int label = 0; label < totals.length; label++) {
      ofFolds[best][label] += counts[group][label];
    }
    return best;
  }

  private boolean completesClass(int fold, int[] added) {
    return IntStream.range(0, totals.length)
        .anyMatch(
            label -> added[label] > 0 && ofFolds[fold][label] + added[label] == totals[label]);
  }

  private int best(int[] folds, int[] added) {
    int best = folds[0];
    double smallest = Double.POSITIVE_INFINITY;
    int fewest = Integer.MAX_VALUE;
    for (int fold : folds) {
      double unevenness = unevennessWith(fold, added);
      int images = IntStream.of(ofFolds[fold]).sum();
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
  private double unevennessWith(int fold, int[] added) {
    double sum = 0;
    int present = 0;
    for (int label = 0; label < totals.length; label++) {
      if (totals[label] > 0) {
        double[] shares = new double[ofFolds.length];
        for (int each = 0; each < shares.length; each++) {
          int count = ofFolds[each][label] + (each == fold ? added[label] : 0);
          shares[each] = (double) count / totals[label];
        }
        sum += deviation(shares);
        present++;
      }
    }
    return sum / present;
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

  private static double[] doubles(int[] values) {
    return IntStream.of(values).asDoubleStream().toArray();
  }
}

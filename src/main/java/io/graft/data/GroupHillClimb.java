package io.graft.data;

import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Draws whole groups for validation, so that validation has about a fraction of each class and of
 * all images. It is a hill climb. From no group, in random order, it moves a group to the other
 * part whenever that lowers the cost, until no move does. Then it swaps two groups of different
 * parts, and starts again.
 *
 * <p>The cost is the mean over the classes of (share in validation - fraction)², plus the same of
 * all images. A class of several groups that has no validation image costs a quarter. Training
 * always keeps images of each class.
 */
final class GroupHillClimb {

  private static final double NO_VALIDATION_COST = 0.25;
  private static final double SMALLEST_GAIN = 1e-12;

  /** The most work of a round of swaps. With more groups, moves alone come near enough. */
  private static final long MAX_SWAP_WORK = 20_000_000;

  private final int[][] counts;
  private final int[] sizes;
  private final double fraction;
  private final int[] order;

  /** The number of images of each class, and last of all images. */
  private final int[] totals;

  /** Those of them that validate. */
  private final int[] validating;

  private final int[] groupsOfClasses;
  private final long classesPresent;
  private final BitSet chosen = new BitSet();

  private GroupHillClimb(int[][] counts, int[] sizes, double fraction, int[] order) {
    int classes = counts[0].length;
    this.counts = counts;
    this.sizes = sizes;
    this.fraction = fraction;
    this.order = order;
    totals = new int[classes + 1];
    validating = new int[classes + 1];
    groupsOfClasses = new int[classes];
    for (int group = 0; group < counts.length; group++) {
      totals[classes] += sizes[group];
      for (int label = 0; label < classes; label++) {
        totals[label] += counts[group][label];
        groupsOfClasses[label] += counts[group][label] > 0 ? 1 : 0;
      }
    }
    classesPresent = IntStream.of(groupsOfClasses).filter(groups -> groups > 0).count();
  }

  /**
   * Draws the groups to validate on.
   *
   * @param counts the number of images of each group and class, shape (groups, classes)
   * @param sizes the number of images of each group
   * @param order the groups in random order
   * @return the groups; empty if training can spare none
   */
  static BitSet validation(int[][] counts, int[] sizes, double fraction, int[] order) {
    GroupHillClimb climb = new GroupHillClimb(counts, sizes, fraction, order);
    climb.climb();
    return climb.chosen;
  }

  private void climb() {
    do {
      while (moveEach()) {
        // Each pass lowers the cost.
      }
    } while (swapEach());
    if (chosen.isEmpty()) {
      IntStream.of(order)
          .filter(this::canMove)
          .boxed()
          .min((a, b) -> Double.compare(costAfter(a), costAfter(b)))
          .ifPresent(this::move);
    }
  }

  private boolean moveEach() {
    boolean moved = false;
    for (int group : order) {
      if (canMove(group) && costAfter(group) < cost() - SMALLEST_GAIN) {
        move(group);
        moved = true;
      }
    }
    return moved;
  }

  private boolean swapEach() {
    boolean swapped = false;
    int[] out = IntStream.of(order).filter(chosen::get).toArray();
    int[] in = IntStream.of(order).filter(group -> !chosen.get(group)).toArray();
    if ((long) out.length * in.length * totals.length > MAX_SWAP_WORK) {
      return false;
    }
    for (int leaving : out) {
      double before = cost();
      move(leaving);
      int[] better =
          IntStream.of(in)
              .filter(group -> !chosen.get(group) && canMove(group))
              .filter(group -> costAfter(group) < before - SMALLEST_GAIN)
              .limit(1)
              .toArray();
      move(better.length == 0 ? leaving : better[0]);
      swapped |= better.length > 0;
    }
    return swapped;
  }

  /** Returns whether a group may change its part: a part keeps images, and training each class. */
  private boolean canMove(int group) {
    if (chosen.get(group)) {
      return chosen.cardinality() > 1;
    }
    int[] added = counts[group];
    return chosen.cardinality() + 1 < sizes.length
        && IntStream.range(0, added.length)
            .allMatch(
                label -> added[label] == 0 || validating[label] + added[label] < totals[label]);
  }

  private double costAfter(int group) {
    move(group);
    double cost = cost();
    move(group);
    return cost;
  }

  private void move(int group) {
    int sign = chosen.get(group) ? -1 : 1;
    chosen.flip(group);
    for (int label = 0; label < counts[group].length; label++) {
      validating[label] += sign * counts[group][label];
    }
    validating[counts[group].length] += sign * sizes[group];
  }

  private double cost() {
    int classes = groupsOfClasses.length;
    double sum = 0;
    for (int label = 0; label < classes; label++) {
      if (validating[label] == 0 && groupsOfClasses[label] > 1) {
        sum += NO_VALIDATION_COST;
      } else if (totals[label] > 0) {
        sum += squaredError(label);
      }
    }
    return sum / Math.max(1, classesPresent) + squaredError(classes);
  }

  private double squaredError(int position) {
    double error = (double) validating[position] / totals[position] - fraction;
    return error * error;
  }
}

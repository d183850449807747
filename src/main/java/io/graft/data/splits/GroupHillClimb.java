package io.graft.data.splits;

import java.util.Arrays;
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
public final class GroupHillClimb {

  private static final double NO_VALIDATION_COST = 0.25;
  private static final double SMALLEST_GAIN = 1e-12;

  /** The most work of a round of swaps. With more groups, moves alone come near enough. */
  private static final long MAX_SWAP_WORK = 20_000_000;

  private final int[] sizes;
  private final double fraction;
  private final int[] order;

  /** The number of images of each class, and last of all images. */
  private final int[] totals;

  /** Those of them that validate. */
  private final int[] validating;

  private final int[] groupsOfClasses;

  /** The classes of each group. */
  private final int[][] having;

  /** The number of images of each of these classes. */
  private final int[][] counts;

  private final long classesPresent;
  private final BitSet chosen = new BitSet();
  private int chosenCount;

  private GroupHillClimb(GroupCounts counts, int[] sizes, double fraction, int[] order) {
    int classes = counts.classCount();
    this.having = counts.classes();
    this.counts = counts.images();
    this.sizes = sizes;
    this.fraction = fraction;
    this.order = order;
    totals = Arrays.copyOf(counts.totals(), classes + 1);
    totals[classes] = IntStream.of(sizes).sum();
    validating = new int[classes + 1];
    groupsOfClasses = new int[classes];
    for (int[] ofGroup : having) {
      for (int label : ofGroup) {
        groupsOfClasses[label]++;
      }
    }
    classesPresent = IntStream.of(groupsOfClasses).filter(groups -> groups > 0).count();
  }

  /**
   * Draws the groups to validate on.
   *
   * @param counts the number of images of each group and class
   * @param sizes the number of images of each group
   * @param fraction the fraction of the images of each class to validate on, between 0 and 1
   * @param order the groups in random order
   * @return the groups; empty if training can spare none
   */
  public static BitSet validation(GroupCounts counts, int[] sizes, double fraction, int[] order) {
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
          .min((a, b) -> Double.compare(change(a), change(b)))
          .ifPresent(this::move);
    }
  }

  private boolean moveEach() {
    boolean moved = false;
    for (int group : order) {
      if (canMove(group) && change(group) < -SMALLEST_GAIN) {
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
      double change = change(leaving);
      move(leaving);
      int[] better =
          IntStream.of(in)
              .filter(group -> !chosen.get(group) && canMove(group))
              .filter(group -> change + change(group) < -SMALLEST_GAIN)
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
      return chosenCount > 1;
    }
    return chosenCount + 1 < sizes.length
        && IntStream.range(0, having[group].length)
            .allMatch(
                i -> {
                  int label = having[group][i];
                  return validating[label] + counts[group][i] < totals[label];
                });
  }

  /** Returns how much the cost rises if a group changes its part. */
  private double change(int group) {
    double before = cost(group);
    move(group);
    double after = cost(group);
    move(group);
    return after - before;
  }

  private void move(int group) {
    int sign = chosen.get(group) ? -1 : 1;
    chosen.flip(group);
    chosenCount += sign;
    for (int i = 0; i < having[group].length; i++) {
      validating[having[group][i]] += sign * counts[group][i];
    }
    validating[groupsOfClasses.length] += sign * sizes[group];
  }

  /** Returns the part of the cost that depends on a group. */
  private double cost(int group) {
    double sum = 0;
    for (int label : having[group]) {
      boolean none = validating[label] == 0 && groupsOfClasses[label] > 1;
      sum += none ? NO_VALIDATION_COST : squaredError(label);
    }
    return sum / Math.max(1, classesPresent) + squaredError(groupsOfClasses.length);
  }

  private double squaredError(int position) {
    double error = (double) validating[position] / totals[position] - fraction;
    return error * error;
  }
}

package io.graft.data.splits;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * The number of images of each group and class. It holds only the classes that a group has, because
 * a table may have hundreds of thousands of groups and thousands of classes.
 *
 * @param classCount the number of classes
 * @param classes the classes of each group, ascending
 * @param images the number of images of each of these classes
 */
@SuppressWarnings("ArrayRecordComponent") // Only Graft sees them.
public record GroupCounts(int classCount, int[][] classes, int[][] images) {

  /**
   * Counts the images of groups.
   *
   * @param labels the classes of each file
   * @param groupOf returns the group of a file, by its position
   */
  public static GroupCounts of(
      int groupCount, int classCount, List<List<Integer>> labels, IntUnaryOperator groupOf) {
    int[] sizes = new int[groupCount];
    for (int file = 0; file < labels.size(); file++) {
      sizes[groupOf.applyAsInt(file)] += labels.get(file).size();
    }
    int[][] written = new int[groupCount][];
    for (int group = 0; group < groupCount; group++) {
      written[group] = new int[sizes[group]];
    }
    for (int file = 0; file < labels.size(); file++) {
      int group = groupOf.applyAsInt(file);
      for (int label : labels.get(file)) {
        written[group][--sizes[group]] = label;
      }
    }
    int[][] classes = new int[groupCount][];
    int[][] images = new int[groupCount][];
    for (int group = 0; group < groupCount; group++) {
      int[] sorted = IntStream.of(written[group]).sorted().toArray();
      written[group] = null;
      classes[group] = IntStream.of(sorted).distinct().toArray();
      images[group] = new int[classes[group].length];
      for (int i = 0, at = 0; i < sorted.length; i++) {
        at += sorted[i] == classes[group][at] ? 0 : 1;
        images[group][at]++;
      }
    }
    return new GroupCounts(classCount, classes, images);
  }

  /** Returns the number of groups. */
  public int groupCount() {
    return classes.length;
  }

  /** Returns the number of images of each class. */
  public int[] totals() {
    int[] totals = new int[classCount];
    for (int group = 0; group < classes.length; group++) {
      for (int i = 0; i < classes[group].length; i++) {
        totals[classes[group][i]] += images[group][i];
      }
    }
    return totals;
  }

  /** Returns for each class the groups that have images of it, ascending. */
  public int[][] groupsOfClasses() {
    int[] sizes = new int[classCount];
    IntStream.range(0, classes.length)
        .flatMap(group -> IntStream.of(classes[group]))
        .forEach(label -> sizes[label]++);
    int[][] groups = new int[classCount][];
    for (int label = 0; label < classCount; label++) {
      groups[label] = new int[sizes[label]];
    }
    for (int group = classes.length - 1; group >= 0; group--) {
      for (int label : classes[group]) {
        groups[label][--sizes[label]] = group;
      }
    }
    return groups;
  }
}

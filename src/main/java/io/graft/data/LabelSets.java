package io.graft.data;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The classes that each label stands for: one class for single-label images, a set of classes for
 * multi-label images.
 *
 * @param classes the number of classes
 * @param multiLabel whether an image may have any number of classes
 * @param sets by label: positions of classes, ascending
 */
public record LabelSets(int classes, boolean multiLabel, List<List<Integer>> sets) {

  /** Copies the sets. */
  public LabelSets {
    sets = sets.stream().map(List::copyOf).toList();
  }

  /** Creates labels that are positions of classes. */
  public static LabelSets singleLabel(int classes) {
    return new LabelSets(classes, false, IntStream.range(0, classes).mapToObj(List::of).toList());
  }

  /** Creates labels that are positions of sets of classes. */
  public static LabelSets multiLabel(int classes, List<List<Integer>> sets) {
    return new LabelSets(classes, true, sets);
  }

  /**
   * Returns the targets of each label.
   *
   * @return (labels, classes), whether images with the label have the class
   */
  public boolean[][] targets() {
    boolean[][] targets = new boolean[sets.size()][classes];
    for (int label = 0; label < targets.length; label++) {
      for (int position : sets.get(label)) {
        targets[label][position] = true;
      }
    }
    return targets;
  }

  /** Returns the same labels among more classes, which come after these. */
  public LabelSets among(int count) {
    return multiLabel ? multiLabel(count, sets) : singleLabel(count);
  }
}

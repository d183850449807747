package io.graft.data;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The classes that each label stands for: one class for single-label images, a set of classes for
 * multi-label images.
 *
 * @param classes the number of classes
 * @param multiLabel whether an image may have any number of classes
 * @param sets the classes of each label, as ascending positions
 */
public record LabelSets(int classes, boolean multiLabel, List<List<Integer>> sets) {

  /** Copies the sets. */
  public LabelSets {
    sets = sets.stream().map(List::copyOf).toList();
  }

  /** Creates the labels of single-label images, which are positions of classes. */
  public static LabelSets singleLabel(int classes) {
    return new LabelSets(classes, false, IntStream.range(0, classes).mapToObj(List::of).toList());
  }

  /** Creates the labels of multi-label images, which are positions of sets of classes. */
  public static LabelSets multiLabel(int classes, List<List<Integer>> sets) {
    return new LabelSets(classes, true, sets);
  }

  /**
   * Returns the targets of each label.
   *
   * @return whether images with the label have the class; shape (labels, classes)
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

  /** Returns the same labels for a longer list of classes, which begins with these classes. */
  public LabelSets among(int count) {
    return multiLabel ? multiLabel(count, sets) : singleLabel(count);
  }
}

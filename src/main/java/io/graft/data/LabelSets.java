package io.graft.data;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What the labels of images stand for: of single-label images each for one class, of multi-label
 * images each for a set of classes.
 *
 * @param classes how many classes there are
 * @param multiLabel whether an image may have any number of classes
 * @param sets by label: positions of classes, ascending
 */
public record LabelSets(int classes, boolean multiLabel, List<List<Integer>> sets) {

  /** Copies the sets. */
  public LabelSets {
    sets = sets.stream().map(List::copyOf).toList();
  }

  /** Returns labels that are positions of classes. */
  public static LabelSets singleLabel(int classes) {
    return new LabelSets(classes, false, IntStream.range(0, classes).mapToObj(List::of).toList());
  }

  /** Returns labels that are positions of sets of classes. */
  public static LabelSets multiLabel(int classes, List<List<Integer>> sets) {
    return new LabelSets(classes, true, sets);
  }

  /**
   * Returns what is to be predicted for each label.
   *
   * @return (labels, classes), whether images with the label have the class
   */
  public boolean[][] targets() {
    boolean[][] targets = new boolean[sets.size()][classes];
    for (int label = 0; label < targets.length; label++) {
      for (int ofTheSet : sets.get(label)) {
        targets[label][ofTheSet] = true;
      }
    }
    return targets;
  }

  /** Returns the same labels among so many classes, of which these are the first. */
  public LabelSets among(int count) {
    return multiLabel ? multiLabel(count, sets) : singleLabel(count);
  }
}

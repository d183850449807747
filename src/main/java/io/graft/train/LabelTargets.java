package io.graft.train;

import io.graft.features.FeatureStore;
import java.util.Arrays;

/** Which classes rows have, whether their labels are classes or stand for sets of them. */
final class LabelTargets {

  private LabelTargets() {}

  /** By label: (labels, classes). */
  static boolean[][] of(FeatureStore store, int classes) {
    return store.targets().orElseGet(() -> diagonal(classes));
  }

  /** By row: (rows, classes). */
  static boolean[][] ofRows(FeatureStore store, int classes) {
    boolean[][] targets = of(store, classes);
    return Arrays.stream(store.labels())
        .mapToObj(label -> targets[label])
        .toArray(boolean[][]::new);
  }

  private static boolean[][] diagonal(int classes) {
    boolean[][] diagonal = new boolean[classes][classes];
    for (int label = 0; label < classes; label++) {
      diagonal[label][label] = true;
    }
    return diagonal;
  }
}

package io.graft.recipe;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.graft.data.splits.SeededOrder;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The choice of the rows of an epoch and of their order. */
public enum Sampling {

  /** Uses every row once, in a different order in each epoch. */
  SHUFFLED {
    @Override
    public int[] order(int[] labels, long seed) {
      return SeededOrder.permutation(labels.length, seed);
    }
  },

  /**
   * Draws as many rows as there are, with replacement. Every class is equally probable, and so is
   * every row within a class. This is PyTorch's {@code WeightedRandomSampler} with the weight 1 /
   * (rows of the class).
   */
  BALANCED {
    @Override
    public int[] order(int[] labels, long seed) {
      List<List<Integer>> rowsByClass =
          List.copyOf(
              IntStream.range(0, labels.length)
                  .boxed()
                  .collect(groupingBy(row -> labels[row], TreeMap::new, toList()))
                  .values());
      Random random = new Random(seed);
      int[] order = new int[labels.length];
      for (int i = 0; i < order.length; i++) {
        List<Integer> rows = rowsByClass.get(random.nextInt(rowsByClass.size()));
        order[i] = rows.get(random.nextInt(rows.size()));
      }
      return order;
    }
  };

  /**
   * Returns the rows of an epoch in their order.
   *
   * @param labels the label of every row
   * @param seed the seed of the draws; the same seed gives the same rows on every machine
   */
  public abstract int[] order(int[] labels, long seed);

  /** Returns the name that people type: {@code shuffled} or {@code balanced}. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

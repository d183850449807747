package io.graft.recipe;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.graft.data.SeededOrder;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The rows of an epoch and their order. */
public enum Sampling {

  /** Every row once, in another order in each epoch. */
  SHUFFLED {
    @Override
    public int[] order(int[] labels, long seed) {
      return SeededOrder.permutation(labels.length, seed);
    }
  },

  /**
   * As many draws as there are rows, with replacement. Every class has the same probability, and so
   * has every row of a class: PyTorch's {@code WeightedRandomSampler} with the weight one divided
   * by the number of the class's rows.
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
   * @param labels of every row
   * @param seed the same seed gives the same rows on every machine
   */
  public abstract int[] order(int[] labels, long seed);

  /** Returns the name that people type: {@code shuffled} or {@code balanced}. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

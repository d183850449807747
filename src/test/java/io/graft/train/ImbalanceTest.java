package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.graft.recipe.ClassWeights;
import io.graft.recipe.Sampling;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Compares class weights with scikit-learn's, and balanced sampling with its expected counts. */
class ImbalanceTest {

  /** sklearn.utils.class_weight.compute_class_weight("balanced", classes=[0, 1, 2], y=labels). */
  @Test
  void balancedWeightsMatchScikitLearn() {
    int[] labels = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2};
    assertThat(new ClassWeights.Balanced().of(labels, 3))
        .containsExactly(new float[] {0.5555556f, 1.111111f, 3.3333333f}, within(1e-6f));
    assertThat(new ClassWeights.Equal().of(labels, 3)).containsExactly(1, 1, 1);
    assertThat(new ClassWeights.Values(List.of(2.0, 1.0, 0.5)).of(labels, 3))
        .containsExactly(2, 1, 0.5f);
  }

  @Property(tries = 100)
  void samplingOrdersContainOnlyValidRows(
      @ForAll @Size(min = 1, max = 50) List<@IntRange(min = 0, max = 5) Integer> labels,
      @ForAll long seed) {
    int[] array = labels.stream().mapToInt(Integer::intValue).toArray();
    int[] balanced = Sampling.BALANCED.order(array, seed);
    assertThat(balanced).hasSameSizeAs(array).isEqualTo(Sampling.BALANCED.order(array, seed));
    assertThat(Arrays.stream(balanced)).allMatch(row -> row >= 0 && row < array.length);
    int[] shuffled = Sampling.SHUFFLED.order(array, seed);
    Arrays.sort(shuffled);
    assertThat(shuffled).isEqualTo(java.util.stream.IntStream.range(0, array.length).toArray());
  }

  @Test
  void balancedSamplingDrawsEveryClassEquallyOften() {
    int[] labels = new int[10_000];
    Arrays.fill(labels, 0, 9_000, 7);
    Arrays.fill(labels, 9_000, 9_900, 2);
    int[] order = Sampling.BALANCED.order(labels, 3);
    for (int label : new int[] {7, 2, 0}) {
      long drawn = Arrays.stream(order).filter(row -> labels[row] == label).count();
      // Expects a third each, within five standard deviations of the binomial: 5 sqrt(10000 * 2/9).
      assertThat(drawn).as("of class " + label).isBetween(3333L - 236, 3333L + 236);
    }
    // Each of the 100 rare rows is drawn about 33 times.
    assertThat(Arrays.stream(order).filter(row -> row >= 9_900).distinct().count()).isEqualTo(100);
  }
}

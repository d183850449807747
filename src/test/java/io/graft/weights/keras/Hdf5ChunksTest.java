package io.graft.weights.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.testing.Golden;
import io.graft.weights.WeightFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way of storing a dataset gives the formula's elements, which make_chunks.py wrote. */
class Hdf5ChunksTest {

  private static final int WAYS = 9;
  private static final int PRECISIONS = 12;

  private static final Path FILTERS = unpacked();

  private static Path unpacked() {
    try (InputStream packed =
        new GZIPInputStream(Files.newInputStream(Golden.path("keras_filters.h5.gz")))) {
      Path file = Files.createTempFile("keras_filters", ".h5");
      file.toFile().deleteOnExit();
      Files.write(file, packed.readAllBytes());
      return file;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void wholeTensorsHaveTheValuesOfTheFormula() {
    try (TensorSource weights = WeightFile.open(FILTERS)) {
      assertThat(weights.tensors()).hasSize(2 * WAYS + PRECISIONS);
      weights
          .tensors()
          .forEach(
              (name, info) ->
                  assertThat(floats(weights, name, 0, (int) info.elements()))
                      .as(name)
                      .containsExactly(formula(0, (int) info.elements())));
    }
  }

  @Property(tries = 300)
  void anyRangeHasTheValuesOfTheFormula(
      @ForAll @IntRange(max = 2 * WAYS + PRECISIONS - 1) int which,
      @ForAll @IntRange(max = 259) int first,
      @ForAll @IntRange(min = 1, max = 260) int most) {
    try (TensorSource weights = WeightFile.open(FILTERS)) {
      List<String> names = new ArrayList<>(weights.tensors().keySet());
      String name = names.get(which);
      int count = Math.min(most, (int) weights.tensors().get(name).elements() - first);
      assertThat(floats(weights, name, first, count)).containsExactly(formula(first, count));
      assertThat(floats(weights, name, first, 1)).containsExactly(formula(first, 1));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "keras_scale_offset.h5, compressed with scale-offset (filter 6)",
    "keras_checksum.h5, checksum (fletcher32) is wrong"
  })
  void otherFiltersAndDamagedChunksAreRefused(String file, String offence) {
    assertThatThrownBy(
            () -> {
              try (TensorSource weights = WeightFile.open(Golden.path(file))) {
                weights.readFloat32("dense/kernel");
              }
            })
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(file, "dense/kernel", offence, "Expected");
  }

  private static float[] formula(int first, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (first + i) * 37 % 1021 / 8f - 64;
    }
    return values;
  }

  private static float[] floats(TensorSource source, String name, int first, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.readFloat32(name, first, bytes);
    float[] values = new float[count];
    bytes.flip().asFloatBuffer().get(values);
    return values;
  }
}

package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.graft.nn.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {

  private static final long LARGEST_ACTIVATION = 64L * 224 * 224;

  /** HEAP_MAX_SIZE in glibc's malloc/arena.c on 64-bit machines. */
  private static final long GLIBC_HEAP_BYTES = 64L << 20;

  @ParameterizedTest
  @CsvSource({"FP32, 4", "BF16, 2", "INT8, 1"})
  void cpuLayerOutputsFitIntoOneGlibcHeap(Precision precision, int bytes) {
    long microBatch = Plan.of(precision, List.of(), Device.cpu()).microBatch();
    assertThat(microBatch * bytes * LARGEST_ACTIVATION).isLessThan(GLIBC_HEAP_BYTES);
    if (precision != Precision.INT8) {
      assertThat(2 * microBatch * bytes * LARGEST_ACTIVATION).isGreaterThan(GLIBC_HEAP_BYTES);
    }
  }

  @Test
  void gpuMicroBatchesAreLarger() {
    assertThat(Plan.exact(Device.gpu()).microBatch())
        .isGreaterThan(Plan.exact(Device.cpu()).microBatch());
  }

  /**
   * The expected digest is the output of {@code printf '[0.053710938, 0.04296875, 1.0]' |
   * sha256sum}.
   */
  @Test
  void storedKeyContainsPrecisionAndScales() {
    assertThat(new Plan(Precision.BF16, 8, 2, List.of()).canonical()).isEqualTo("bf16");
    assertThat(new Plan(Precision.INT8, 8, 2, List.of(0.053710938f, 0.04296875f, 1f)).canonical())
        .isEqualTo("int8-a76a6f1d54342684312c59ad66e9b618f4930ab448da096b21ca86286f8eda76");
  }
}

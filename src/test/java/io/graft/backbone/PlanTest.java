package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import org.junit.jupiter.api.Test;

class PlanTest {

  private static final long LARGEST_ACTIVATION_BYTES = 64L * 224 * 224 * Float.BYTES;

  /** HEAP_MAX_SIZE of glibc's malloc/arena.c on 64-bit machines. */
  private static final long GLIBC_HEAP_BYTES = 64L << 20;

  @Test
  void activationsOnTheCpuFitIntoOneOfGlibcsHeaps() {
    long microBatch = Plan.exact(Device.cpu()).microBatch();
    assertThat(microBatch * LARGEST_ACTIVATION_BYTES).isLessThan(GLIBC_HEAP_BYTES);
    assertThat(2 * microBatch * LARGEST_ACTIVATION_BYTES).isGreaterThan(GLIBC_HEAP_BYTES);
  }

  @Test
  void gpusTakeLargerBatches() {
    assertThat(Plan.exact(Device.gpu()).microBatch())
        .isGreaterThan(Plan.exact(Device.cpu()).microBatch());
  }
}

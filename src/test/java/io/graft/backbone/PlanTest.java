package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import org.junit.jupiter.api.Test;

class PlanTest {

  private static final long LARGEST_ACTIVATION_BYTES = 64L * 224 * 224 * Float.BYTES;

  /** DEFAULT_MMAP_THRESHOLD_MAX of glibc's malloc on 64-bit machines. */
  private static final long GLIBC_LARGEST_MMAP_THRESHOLD = 32L << 20;

  @Test
  void activationsStayBelowGlibcsMappingThresholdUnlessMappingIsOff() {
    assertThat(Plan.microBatch(Device.cpu(), null) * LARGEST_ACTIVATION_BYTES)
        .isLessThan(GLIBC_LARGEST_MMAP_THRESHOLD);
    assertThat(Plan.microBatch(Device.cpu(), "65536") * LARGEST_ACTIVATION_BYTES)
        .isLessThan(GLIBC_LARGEST_MMAP_THRESHOLD);
    assertThat(Plan.microBatch(Device.cpu(), "0")).isEqualTo(8);
  }

  @Test
  void gpusTakeLargerBatchesWhateverTheCLibraryDoes() {
    assertThat(Plan.microBatch(Device.gpu(), null)).isEqualTo(64);
    assertThat(Plan.microBatch(Device.gpu(), "0")).isEqualTo(64);
  }
}

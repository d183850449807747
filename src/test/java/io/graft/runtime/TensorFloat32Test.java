package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Reads the setting back with libtorch's own getters, which exist without a GPU, too. */
class TensorFloat32Test {

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void isAllowedOnlyWhereItWasAskedFor() {
    TorchRuntime.load();
    assertThat(TensorFloat32.isAllowed()).contains(false);
    try (TensorFloat32 allowed = TensorFloat32.allow()) {
      assertThat(TensorFloat32.isAllowed()).contains(true);
    }
    assertThat(TensorFloat32.isAllowed()).contains(false);
  }
}

package io.graft.weights.keras;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.WeightsException;
import io.graft.testing.Golden;
import io.graft.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keras files that end early cause a WeightsException. */
class DamagedKerasFileTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny_vgg16_keras_legacy.h5",
        "tiny_vgg16_keras2_model.h5",
        "tiny_vgg16_keras3.weights.h5",
        "keras_auto_names.weights.h5",
        "tiny_vgg16.keras"
      })
  void aFileCutShortAnywhereIsRefused(String file, @TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(Golden.path(file));
    Path cut = folder.resolve(file);
    for (int percent = 0; percent < 100; percent++) {
      Files.write(cut, Arrays.copyOf(whole, (int) ((long) whole.length * percent / 100)));
      assertThatThrownBy(() -> WeightFile.open(cut))
          .as(percent + " % of " + file)
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("Expected");
    }
    Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
    assertThatThrownBy(() -> WeightFile.open(cut)).isInstanceOf(WeightsException.class);
  }
}

package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kind of a file is detected by its content. */
class WeightFileTest {

  @ParameterizedTest
  @CsvSource({
    "tiny_vgg16_torchvision.safetensors, SafetensorsFile",
    "tiny_vgg16_zip.pth, PyTorchCheckpoint",
    "tiny_vgg16_legacy.pth, PyTorchCheckpoint",
    "tiny_vgg16_keras_legacy.h5, KerasWeights",
    "tiny_vgg16.keras, KerasWeights"
  })
  void theNameOfAFileDoesNotMatter(String file, String reader, @TempDir Path folder)
      throws IOException {
    for (String name : new String[] {"weights", "weights.safetensors", "weights.h5", "w.pth"}) {
      Path misnamed = Files.copy(Golden.path(file), folder.resolve(name));
      try (TensorSource weights = WeightFile.open(misnamed)) {
        assertThat(weights.getClass().getSimpleName()).isEqualTo(reader);
        assertThat(weights.description()).contains(misnamed.toString());
      }
    }
  }

  @Test
  void otherContentIsRefusedWithItsFirstBytes(@TempDir Path folder) throws IOException {
    Path page = folder.resolve("vgg16.h5");
    Files.writeString(page, "<!DOCTYPE html><html>not found</html>", StandardCharsets.UTF_8);
    assertThatThrownBy(() -> WeightFile.open(page))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("3c21444f43545950452068746d6c3e3c ('<!DOCTYPE html><')")
        .hasMessageContaining("Expected a safetensors file, a PyTorch checkpoint")
        .hasMessageContaining(page.toString());
  }

  @Test
  void anEmptyFileAndAMissingOneAreRefused(@TempDir Path folder) throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.pth"));
    assertThatThrownBy(() -> WeightFile.open(empty))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("is empty");
    assertThatThrownBy(() -> WeightFile.open(folder.resolve("none.pth")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("Cannot read")
        .hasMessageContaining("none.pth");
    assertThatThrownBy(() -> WeightFile.open(folder))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("Cannot read");
  }
}

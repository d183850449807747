package io.graft.zoo;

import io.graft.runtime.OutputException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Weights that are part of Graft. */
final class BundledWeights {

  private BundledWeights() {}

  /**
   * Opens them.
   *
   * @throws OutputException if the temporary folder cannot be written
   */
  static TensorSource open(WeightOrigin.Bundled bundled) {
    Path copy = null;
    try (InputStream resource = BundledWeights.class.getResourceAsStream(bundled.resource())) {
      if (resource == null) {
        throw new IllegalStateException(bundled.resource() + " is missing from Graft's own files");
      }
      copy = Files.createTempFile("graft-weights-", ".safetensors");
      Files.copy(resource, copy, StandardCopyOption.REPLACE_EXISTING);
      return SafetensorsFile.open(copy);
    } catch (IOException e) {
      throw OutputException.ofTemporaryFolder(e);
    } finally {
      if (copy != null && !copy.toFile().delete()) {
        // Windows keeps a file that is mapped.
        copy.toFile().deleteOnExit();
      }
    }
  }
}

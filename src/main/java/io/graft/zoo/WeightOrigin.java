package io.graft.zoo;

import io.graft.fetch.PublishedFile;
import io.graft.runtime.OutputException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Where a backbone's pretrained weights come from. */
public sealed interface WeightOrigin {

  /** A file that somebody publishes. */
  record Published(PublishedFile file) implements WeightOrigin {}

  /**
   * A file that is part of Graft.
   *
   * @param resource its name beside this class
   */
  record Bundled(String resource) implements WeightOrigin {
    /**
     * Opens the file.
     *
     * @throws OutputException if the temporary folder cannot be written
     */
    TensorSource open() {
      Path copy = null;
      try (InputStream stream = WeightOrigin.class.getResourceAsStream(resource)) {
        if (stream == null) {
          throw new IllegalStateException(resource + " is missing from Graft's own files");
        }
        copy = Files.createTempFile("graft-weights-", ".safetensors");
        Files.copy(stream, copy, StandardCopyOption.REPLACE_EXISTING);
        return SafetensorsFile.open(copy);
      } catch (IOException e) {
        throw OutputException.ofTemporaryFolder(e);
      } finally {
        if (copy != null && !copy.toFile().delete()) {
          // Windows keeps a mapped file until the process ends.
          copy.toFile().deleteOnExit();
        }
      }
    }
  }

  /** A file that the user trained. */
  record Own() implements WeightOrigin {}
}

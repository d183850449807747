package io.graft.zoo;

import io.graft.fetch.PublishedFile;
import io.graft.runtime.GraftException;
import io.graft.runtime.OutputException;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Where a backbone's pretrained weights come from. */
public sealed interface WeightOrigin {

  /** A file that is published on the web. */
  record Published(PublishedFile file) implements WeightOrigin {}

  /** A file that is part of Graft. {@code resource} is its name relative to this class. */
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
          // Windows cannot delete a mapped file before the process ends.
          copy.toFile().deleteOnExit();
        }
      }
    }
  }

  /**
   * A file that the user trained. Its metadata entry {@code graft_backbone} holds the name of the
   * {@link BackboneSpec}.
   */
  record Own() implements WeightOrigin {
    private static final String BACKBONE = "graft_backbone";

    /** Returns the metadata for a file with the weights of a backbone. */
    public static Map<String, String> metadata(BackboneSpec backbone) {
      // Sorted, because the order of Map.of changes from process to process.
      return new TreeMap<>(Map.of("format", "pt", BACKBONE, backbone.name()));
    }

    /**
     * Returns the backbone that a file belongs to; empty if another program wrote the file.
     *
     * @throws WeightsException if the file names an unknown backbone
     */
    static Optional<BackboneSpec> spec(TensorSource source) {
      if (!(source instanceof SafetensorsFile file) || !file.metadata().containsKey(BACKBONE)) {
        return Optional.empty();
      }
      String name = file.metadata().get(BACKBONE);
      try {
        return Optional.of(Zoo.find(name));
      } catch (GraftException e) {
        throw new WeightsException(
            "%s is for the backbone '%s', which this Graft does not know. Use the Graft that wrote it."
                .formatted(file.description(), name),
            e);
      }
    }
  }
}

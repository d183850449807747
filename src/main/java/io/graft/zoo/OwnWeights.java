package io.graft.zoo;

import io.graft.runtime.GraftException;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The metadata of safetensors files that Graft trained: {@code graft_backbone} is the name of the
 * {@link BackboneSpec}.
 */
public final class OwnWeights {

  private static final String BACKBONE = "graft_backbone";

  private OwnWeights() {}

  /** Returns the metadata for a file with weights of a backbone. */
  public static Map<String, String> metadata(BackboneSpec backbone) {
    // Sorted, because the order of Map.of changes from process to process.
    return new TreeMap<>(Map.of("format", "pt", BACKBONE, backbone.name()));
  }

  /**
   * Returns the backbone of a file; empty for a file of another program.
   *
   * @throws WeightsException if there is no backbone of that name
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

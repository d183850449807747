package io.graft.zoo;

import io.graft.runtime.GraftException;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a file of weights that Graft trained says of itself, in the metadata of its safetensors
 * file: {@code graft_backbone}, the name of a {@link BackboneSpec}.
 */
public final class OwnWeights {

  private static final String BACKBONE = "graft_backbone";

  private OwnWeights() {}

  /** The metadata of a file with the weights of a backbone. */
  public static Map<String, String> metadata(BackboneSpec backbone) {
    // Sorted, because Map.of has another order in each process and the file shall have the same
    // bytes.
    return new TreeMap<>(Map.of("format", "pt", BACKBONE, backbone.name()));
  }

  /**
   * The backbone that a file is for; empty for a file of another program.
   *
   * @throws WeightsException if it names one that does not exist
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
          file.description()
              + " is for the backbone '"
              + name
              + "', which this Graft does not know. Use the Graft that wrote it.",
          e);
    }
  }
}

package io.graft.zoo;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import io.graft.fetch.FetchOptions;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.tensors.TensorSource;
import java.nio.file.Path;
import java.util.Map;

/**
 * Builds the frozen block for a DJL {@code Criteria}. The input is float32 (N, 3, H, W), normalised
 * by the backbone's input spec. The output is that of the layer at the boundary.
 *
 * <p>Arguments of the {@code Criteria} ({@code optArgument}): {@code weights} ({@code pretrained},
 * {@code random} or a file; default {@code pretrained}), {@code seed} (for random weights; default
 * 42) and {@code boundary} (the last frozen layer; default {@code block5_pool}).
 */
public final class FrozenBlockFactory implements BlockFactory {

  /** The name of the argument that selects the backbone. */
  static final String BACKBONE = "backbone";

  private static final long serialVersionUID = 1L;

  @Override
  public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
    try {
      return block(model, arguments);
    } catch (RuntimeException | Error e) {
      // DJL does not close a model whose block cannot be built.
      model.close();
      throw e;
    }
  }

  private static Block block(Model model, Map<String, ?> arguments) {
    BackboneSpec asked = Zoo.find(text(arguments, BACKBONE, ""));
    String boundary = text(arguments, "boundary", "block5_pool");
    String seed = text(arguments, "seed", "42");
    WeightChoice choice;
    try {
      choice =
          WeightChoice.parse(
              text(arguments, "weights", WeightChoice.PRETRAINED),
              Long.parseLong(seed),
              FetchOptions.fromEnvironment());
    } catch (NumberFormatException e) {
      throw new InvalidOptionException(
          "Argument seed is '" + seed + "': expected a whole number.", e);
    }
    BackboneSpec backbone = choice.backboneFor(asked);
    Network network = backbone.network();
    Network frozen = network.prefix(network.indexAfter(boundary));
    try (TensorSource weights = choice.open(backbone, Progress.NONE)) {
      return NetworkBlock.frozen(frozen, weights, model.getNDManager());
    }
  }

  private static String text(Map<String, ?> arguments, String name, String otherwise) {
    Object value = arguments.get(name);
    return value == null ? otherwise : value.toString();
  }
}

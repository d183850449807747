package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.List;

/** Computes the layers as DJL blocks in float32. This is the reference for compiled layers. */
record BlockBackend(NetworkBlock block, InputSpec input, ParameterStore parameters)
    implements Backend {

  /**
   * Loads the layers.
   *
   * @param manager the manager that owns the weights and places them on its device
   */
  static BlockBackend load(
      Network network, InputSpec input, TensorSource weights, NDManager manager) {
    return new BlockBackend(
        NetworkBlock.frozen(network, weights, manager), input, new ParameterStore(manager, false));
  }

  @Override
  public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    try (NDManager scratch = owner.newSubManager()) {
      NDArray uploaded =
          scratch.create(pixels, new Shape(rows, input.height(), input.width(), 3), DataType.UINT8);
      NDList normalized = new NDList(input.normalize(uploaded));
      NDArray features = block.forward(parameters, normalized, false).singletonOrThrow();
      features.attach(owner);
      return features;
    }
  }

  @Override
  public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
    return FeatureRows.copy(forward(owner, pixels, rows), type);
  }

  @Override
  public List<Float> largestActivations(ByteBuffer pixels, int rows) {
    throw new UnsupportedPrecisionException(
        block.network().name()
            + " cannot be compiled on this machine, and int8 needs compiled layers.");
  }

  @Override
  public String parameterDigest() {
    return block.parameterDigest();
  }
}

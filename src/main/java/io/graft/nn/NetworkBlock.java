package io.graft.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.graft.runtime.NativeCalls;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorSource;
import io.graft.torchscript.ArrayCopies;
import io.graft.torchscript.ParameterArrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A DJL block that computes a {@link Network}, with torchvision's parameter names ({@code
 * features.0.weight}). Input and output are float32 with the batch dimension first; images are
 * NCHW.
 *
 * <p>A frozen block stays frozen: its parameters never require gradients, even if a DJL {@code
 * Trainer} requests them. It always computes inference, so dropout is off and the statistics of
 * batch normalisation do not change.
 */
public final class NetworkBlock extends AbstractBlock {

  private static final byte VERSION = 1;

  private final Network network;
  private final boolean frozen;
  private final Map<String, Parameter> parametersByName = new LinkedHashMap<>();

  private NetworkBlock(Network network, TensorSource weights, NDManager manager, boolean frozen) {
    super(VERSION);
    this.network = network;
    this.frozen = frozen;
    network
        .parameterShapes()
        .forEach(
            (name, shape) -> {
              Parameter parameter =
                  Parameter.builder()
                      .setName(name)
                      .setType(parameterType(name))
                      .optShape(shape)
                      .optRequiresGrad(!frozen && !name.contains(".running_"))
                      .optInitializer(
                          (owner, parameterShape, type) ->
                              frozen || !owner.getDevice().isGpu()
                                  ? ParameterArrays.read(owner, weights, name, shape)
                                  : ParameterArrays.readForTraining(owner, weights, name, shape))
                      .build();
              addParameter(parameter);
              parametersByName.put(name, parameter);
            });
    initialize(manager, DataType.FLOAT32, new Shape(1).addAll(network.inputShape()));
  }

  /**
   * Loads a block whose parameters are never trained.
   *
   * @param weights the tensors, at least one for every parameter; not used after this method
   *     returns
   * @param manager the manager that owns the parameters and places them on its device
   */
  public static NetworkBlock frozen(Network network, TensorSource weights, NDManager manager) {
    return new NetworkBlock(network, weights, manager, true);
  }

  /** Loads a block whose parameters can be trained, with the arguments of {@link #frozen}. */
  public static NetworkBlock trainable(Network network, TensorSource weights, NDManager manager) {
    return new NetworkBlock(network, weights, manager, false);
  }

  /** Returns the network that this block computes. */
  public Network network() {
    return network;
  }

  /** Returns the array of every parameter, in the order of {@link Network#parameterShapes}. */
  public List<NDArray> arrays() {
    return arrays(parametersByName.keySet());
  }

  private List<NDArray> arrays(Collection<String> names) {
    return names.stream().map(name -> parametersByName.get(name).getArray()).toList();
  }

  /** Copies the parameters that both blocks have from the other block to this one. */
  public void copyFrom(NetworkBlock other) {
    List<String> shared =
        parametersByName.keySet().stream().filter(other.parametersByName::containsKey).toList();
    List<NDArray> targets = arrays(shared);
    try (NDManager scratch = targets.get(0).getManager().newSubManager()) {
      new ArrayCopies(scratch).copy(other.arrays(shared), targets);
    }
  }

  /** Computes the digest of the current parameters; see {@link Network#parameterDigest}. */
  public String parameterDigest() {
    Sha256 digest = new Sha256();
    parametersByName.forEach(
        (name, parameter) -> {
          digest.add(Network.digestHeader(name, parameter.getShape()));
          ParameterArrays.addTo(digest, parameter.getArray());
        });
    return digest.hex();
  }

  @Override
  public void freezeParameters(boolean freeze) {
    super.freezeParameters(freeze || frozen);
  }

  @Override
  public void freezeParameters(boolean freeze, Predicate<Parameter> predicate) {
    super.freezeParameters(freeze || frozen, predicate);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    // Uses the shapes of the inputs, not the network's input shape, because convolutions take
    // images of any size.
    Shape row = network.outputShape(inputShapes[0].slice(1));
    return new Shape[] {new Shape(inputShapes[0].get(0)).addAll(row)};
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameterStore,
      NDList inputs,
      boolean training,
      PairList<String, Object> params) {
    boolean trains = training && !frozen;
    if (frozen) {
      // Freezes the parameters again, because a block around this one can unfreeze them without
      // calling this block.
      parametersByName.values().stream()
          .filter(Parameter::requiresGradient)
          .forEach(parameter -> parameter.freeze(true));
    }
    NDArray x = inputs.singletonOrThrow();
    for (NamedLayer layer : network.layers()) {
      NDArray input = x;
      NDArray y = NativeCalls.run(() -> apply(layer, input, parameterStore, trains));
      // Frees the output now, not with its manager, because VGG16's first outputs take 25 MB per
      // image.
      if (!trains && x != inputs.get(0) && y != x) {
        x.close();
      }
      x = y;
    }
    return new NDList(x);
  }

  private NDArray apply(NamedLayer named, NDArray x, ParameterStore store, boolean trains) {
    Layer layer = named.layer();
    Function<String, NDArray> parameter =
        name ->
            store.getValue(parametersByName.get(named.path() + "." + name), x.getDevice(), trains);
    if (layer instanceof Layer.Conv2d conv) {
      return Conv2d.conv2d(
              x,
              parameter.apply("weight"),
              parameter.apply("bias"),
              square(conv.stride()),
              square(conv.padding()))
          .singletonOrThrow();
    } else if (layer instanceof Layer.BatchNorm2d norm) {
      return BatchNorm.batchNorm(
              x,
              parameter.apply("running_mean"),
              parameter.apply("running_var"),
              parameter.apply("weight"),
              parameter.apply("bias"),
              -1,
              norm.momentum(),
              norm.epsilon(),
              trains)
          .singletonOrThrow();
    } else if (layer instanceof Layer.Relu) {
      return Activation.relu(x);
    } else if (layer instanceof Layer.Tanh) {
      return Activation.tanh(x);
    } else if (layer instanceof Layer.Sigmoid) {
      return Activation.sigmoid(x);
    } else if (layer instanceof Layer.MaxPool2d pool) {
      return Pool.maxPool2d(x, square(pool.kernelSize()), square(pool.stride()), square(0), false);
    } else if (layer instanceof Layer.AdaptiveAvgPool2d pool) {
      return JniUtils.adaptiveAvgPool((PtNDArray) x, square(pool.outputSize()));
    } else if (layer instanceof Layer.Flatten) {
      return x.reshape(x.getShape().get(0), -1);
    } else if (layer instanceof Layer.Linear) {
      return Linear.linear(x, parameter.apply("weight"), parameter.apply("bias"))
          .singletonOrThrow();
    } else if (layer instanceof Layer.Dropout dropout) {
      return trains ? Dropout.dropout(x, dropout.probability(), true).singletonOrThrow() : x;
    }
    throw new IllegalStateException("DJL has no block for " + layer);
  }

  private static Shape square(int side) {
    return new Shape(side, side);
  }

  private static Parameter.Type parameterType(String name) {
    if (name.endsWith(".running_mean")) {
      return Parameter.Type.RUNNING_MEAN;
    } else if (name.endsWith(".running_var")) {
      return Parameter.Type.RUNNING_VAR;
    } else if (name.endsWith(".bias")) {
      return Parameter.Type.BIAS;
    }
    return Parameter.Type.WEIGHT;
  }
}

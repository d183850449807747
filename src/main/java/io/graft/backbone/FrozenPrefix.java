package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.WeightCheck;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import io.graft.weights.TensorSource;
import java.nio.ByteBuffer;

/**
 * The layers before the freeze boundary with their weights on one device: pictures in, activations
 * at the boundary out. Not safe for use by several threads at once.
 */
public final class FrozenPrefix implements AutoCloseable {

  private final InputSpec input;
  private final NDManager manager;
  private final ParameterStore parameters;
  private final NetworkBlock block;
  private final String weightDigest;

  private FrozenPrefix(InputSpec input, NDManager manager, NetworkBlock block) {
    this.input = input;
    this.manager = manager;
    this.parameters = new ParameterStore(manager, false);
    this.block = block;
    this.weightDigest = block.parameterDigest();
  }

  /**
   * Loads the frozen layers' weights.
   *
   * @param frozen the layers before the boundary
   * @param weights holds at least their parameters; not used after this returns
   * @throws DeviceException if the device cannot take them
   */
  public static FrozenPrefix load(
      Network frozen, InputSpec input, TensorSource weights, Device device) {
    WeightCheck.requireCovered(frozen, weights);
    TorchRuntime.load();
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    boolean loaded = false;
    try {
      FrozenPrefix prefix =
          new FrozenPrefix(input, manager, NetworkBlock.frozen(frozen, weights, manager));
      loaded = true;
      return prefix;
    } finally {
      if (!loaded) {
        manager.close();
      }
    }
  }

  /** The frozen layers. */
  public Network network() {
    return block.network();
  }

  /** How a picture becomes their input. */
  public InputSpec input() {
    return input;
  }

  /** The device that they are on. */
  public Device device() {
    return manager.getDevice();
  }

  /** The manager that owns the parameters and lives as long as this. */
  public NDManager manager() {
    return manager;
  }

  /** The SHA-256 of the frozen parameters as they were loaded, as 64 hexadecimal digits. */
  public String weightDigest() {
    return weightDigest;
  }

  /**
   * Checks that no bit of a frozen parameter has changed since it was loaded.
   *
   * @throws IllegalStateException if one has, which is a defect
   */
  public void requireUnchanged() {
    String now = block.parameterDigest();
    if (!now.equals(weightDigest)) {
      throw new IllegalStateException(
          "Frozen parameters changed: their SHA-256 was " + weightDigest + " and is " + now);
    }
  }

  /**
   * Runs a batch of pictures.
   *
   * @param owner owns the result
   * @param pixels uint8 RGB in NHWC order, {@code rows} pictures of the input spec's size, direct;
   *     not used after this returns
   * @return float32 activations at the boundary, (rows, ...) in NCHW order
   * @throws DeviceException if the device fails
   */
  public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    try (NDManager scratch = owner.newSubManager()) {
      NDArray uploaded =
          scratch.create(pixels, new Shape(rows, input.height(), input.width(), 3), DataType.UINT8);
      NDArray activations =
          block
              .forward(parameters, new NDList(input.normalize(uploaded)), false)
              .singletonOrThrow();
      activations.attach(owner);
      return activations;
    } catch (ai.djl.engine.EngineException e) {
      throw new DeviceException(
          "The device "
              + device()
              + " failed on a batch of "
              + rows
              + " pictures: "
              + e.getMessage()
              + ". End other programs that use the device, or use the CPU.",
          e);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}

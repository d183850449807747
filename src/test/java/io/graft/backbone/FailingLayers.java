package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Frozen layers that run as DJL's blocks and call a test before each batch. The test may throw. */
public final class FailingLayers {

  private FailingLayers() {}

  /** A callback before each batch, on the thread that computes it. */
  @FunctionalInterface
  public interface Before {
    /**
     * Observes a batch; may throw.
     *
     * @param replica the number of the replica, in the order of loading
     * @param rows the number of images in the batch
     */
    void batch(int replica, int rows);
  }

  /**
   * Returns layers on simulated devices: the CPU computes them, even for a GPU.
   *
   * @param microBatch images per micro-batch
   */
  public static FrozenLayers on(
      List<Device> devices,
      Network network,
      InputSpec input,
      TensorSource weights,
      int microBatch,
      Before before) {
    AtomicInteger loaded = new AtomicInteger();
    return new FrozenLayers(
        network,
        input,
        FrozenWeights.of(network, () -> weights),
        devices,
        new Plan(Precision.FP32, microBatch, 1, List.of()),
        (layers, source, manager, notes) ->
            new Gate(blocks(layers, source), loaded.getAndIncrement(), before));
  }

  private static Backend blocks(FrozenLayers layers, TensorSource weights) {
    return BlockBackend.load(
        layers.network(), layers.input(), weights, NDManager.newBaseManager(Device.cpu()));
  }

  private record Gate(Backend blocks, int replica, Before before) implements Backend {
    @Override
    public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
      before.batch(replica, rows);
      return blocks.forward(owner, pixels, rows);
    }

    @Override
    public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
      before.batch(replica, rows);
      return blocks.features(owner.newSubManager(Device.cpu()), pixels, rows, type);
    }

    @Override
    public List<Float> largestActivations(ByteBuffer pixels, int rows) {
      return blocks.largestActivations(pixels, rows);
    }

    @Override
    public String parameterDigest() {
      return blocks.parameterDigest();
    }
  }
}

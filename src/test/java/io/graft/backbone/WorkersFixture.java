package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.tensors.TensorType;
import io.graft.testing.FormulaWeights;
import io.graft.testing.Notes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Small frozen layers on simulated devices. */
final class WorkersFixture {

  static final int SIZE = 8;
  static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(SIZE);
  static final Network NETWORK =
      new Network(
          "small",
          new Shape(3, SIZE, SIZE),
          List.of(new NamedLayer("conv", "conv", new Layer.Conv2d(3, 2, 3, 1, 1))));
  static final int WIDTH = 2 * SIZE * SIZE;

  private WorkersFixture() {}

  static FrozenLayers layers(List<Device> devices, int microBatch, FailingLayers.Before before) {
    FormulaWeights weights = new FormulaWeights(NETWORK, 1);
    return FailingLayers.on(devices, NETWORK, INPUT, weights, microBatch, before);
  }

  static List<Device> cpus(int count) {
    return Collections.nCopies(count, Device.cpu());
  }

  /** Computes images in batches; returns the features in the order of the images. */
  static float[] run(
      FrozenLayers layers, ByteBuffer pixels, int rows, int batch, Consumer<String> notes) {
    float[] all = new float[rows * WIDTH];
    List<Integer> done = new ArrayList<>();
    try (Workers workers = layers.workers((rows + batch - 1) / batch, Notes.to(notes))) {
      for (int from = 0; from < rows; from += batch) {
        int first = from;
        int count = Math.min(batch, rows - from);
        workers.submit(
            pixels.slice(from * INPUT.bytes(), count * INPUT.bytes()),
            count,
            TensorType.F32,
            (part, size, features) ->
                FrozenLayersFixture.floats(features, TensorType.F32)
                    .get(all, (first + part) * WIDTH, size * WIDTH),
            () -> done.add(count));
      }
      workers.finish();
    }
    assertThat(done.stream().mapToInt(Integer::intValue).sum()).isEqualTo(rows);
    return all;
  }

  static void await(CyclicBarrier barrier) {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

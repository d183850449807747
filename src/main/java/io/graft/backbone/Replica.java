package io.graft.backbone;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.runtime.Devices;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Frozen layers on one device, loaded when the first batch comes. Where the device's memory is too
 * small for the planned number of pictures at once, it takes half as many from then on.
 */
final class Replica implements AutoCloseable {

  private final FrozenLayers layers;
  private final BiFunction<NDManager, Consumer<String>, Backend> loader;
  private final NDManager manager;
  private final Queue<String> unsaid = new ConcurrentLinkedQueue<>();
  private Backend backend;
  private String loadedDigest;
  private int microBatch;

  /**
   * A replica on a device.
   *
   * @param loader loads the layers onto the device of the manager, which owns them, and says what
   *     people should know
   */
  Replica(
      FrozenLayers layers, Device device, BiFunction<NDManager, Consumer<String>, Backend> loader) {
    this.layers = layers;
    this.loader = loader;
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    this.microBatch = layers.plan().microBatch();
  }

  NDManager manager() {
    return manager;
  }

  Device device() {
    return manager.getDevice();
  }

  /** Loads the layers, once. */
  synchronized Backend backend() {
    if (backend == null) {
      Backend loaded = loader.apply(manager, unsaid::add);
      loadedDigest = loaded.parameterDigest();
      backend = loaded;
    }
    return backend;
  }

  /** The contract is {@link FrozenLayers#requireUnchanged}'s. */
  synchronized void requireUnchanged() {
    if (backend == null) {
      return;
    }
    String now = backend.parameterDigest();
    if (!now.equals(loadedDigest)) {
      throw new IllegalStateException(
          "Frozen parameters changed: their SHA-256 was " + loadedDigest + " and is " + now);
    }
  }

  /** The contract is {@link FrozenLayers#forward}'s. */
  NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    return guarded(rows, () -> backend().forward(owner, pixels, rows));
  }

  /** The contract is {@link FrozenLayers#activations}'s. */
  Activations activations(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
    return guarded(rows, () -> backend().activations(owner, pixels, rows, type));
  }

  /** The contract is {@link Backend#largestActivations}'s. */
  List<Float> largestActivations(ByteBuffer pixels, int rows) {
    return guarded(rows, () -> backend().largestActivations(pixels, rows));
  }

  /** Runs a batch of any size, in parts that fit. */
  void run(ByteBuffer pixels, int rows, TensorType type, Workers.Rows taker) {
    int bytes = layers.input().bytes();
    int done = 0;
    while (done < rows) {
      int size = Math.min(microBatch(), rows - done);
      ByteBuffer part = pixels.slice(pixels.position() + done * bytes, size * bytes);
      try (NDManager scratch = manager.newSubManager()) {
        Activations activations = backend().activations(scratch, part, size, type);
        taker.take(done, size, activations);
        done += size;
      } catch (EngineException e) {
        if (size == 1 || !DeviceFailures.isOutOfMemory(e)) {
          throw DeviceFailures.on(device(), size, e);
        }
        halve(size);
      }
    }
  }

  /** Says what people should know and have not been told, one line each. */
  void say(Consumer<String> notes) {
    for (String note = unsaid.poll(); note != null; note = unsaid.poll()) {
      notes.accept(note);
    }
  }

  private synchronized int microBatch() {
    return microBatch;
  }

  /** Of two threads that fail with the same number of pictures, one halves it. */
  private synchronized void halve(int failed) {
    if (failed / 2 < microBatch) {
      microBatch = failed / 2;
      unsaid.add(
          "The memory of "
              + Devices.nameOf(device())
              + " is too small for "
              + failed
              + " pictures at once; it takes "
              + microBatch
              + " from now on.");
    }
  }

  private <T> T guarded(int rows, Supplier<T> work) {
    try {
      return work.get();
    } catch (EngineException e) {
      throw DeviceFailures.on(device(), rows, e);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}

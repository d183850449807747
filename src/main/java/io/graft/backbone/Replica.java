package io.graft.backbone;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.graft.runtime.Devices;
import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Frozen layers on one device, loaded when the first batch arrives. If the device has too little
 * memory for the planned micro-batch, the replica continues with half of it.
 */
final class Replica implements AutoCloseable {

  private final int imageBytes;
  private final BiFunction<NDManager, Notices, Backend> loader;
  private final NDManager manager;
  private final Notices notices = new Notices();
  private final OpenState open;
  private Backend backend;
  private String loadedDigest;
  private int microBatch;

  /**
   * Prepares a replica, without loading the layers yet.
   *
   * @param open the open state of the layers, which close their replicas
   * @param imageBytes the size of one image's pixels, in bytes
   * @param microBatch the planned number of images per forward pass
   * @param loader a function that loads the layers onto the device of the manager, which owns them;
   *     its second argument receives what users should know
   */
  Replica(
      Device device,
      OpenState open,
      int imageBytes,
      int microBatch,
      BiFunction<NDManager, Notices, Backend> loader) {
    this.open = open;
    this.imageBytes = imageBytes;
    this.microBatch = microBatch;
    this.loader = loader;
    this.manager = NDManager.newBaseManager(device, "PyTorch");
  }

  NDManager manager() {
    open.require();
    return manager;
  }

  Device device() {
    return manager.getDevice();
  }

  /** Loads the layers at the first call. */
  private synchronized Backend backend() {
    open.require();
    if (backend == null) {
      Backend loaded = loader.apply(manager, notices);
      loadedDigest = loaded.parameterDigest();
      backend = loaded;
    }
    return backend;
  }

  /** Loads the layers without their digest, which takes as long as reading the weights. */
  synchronized void loadForTrial() {
    open.require();
    try {
      if (backend == null) {
        backend = loader.apply(manager, notices);
      }
    } catch (EngineException e) {
      throw DeviceFailures.on(device(), 1, e);
    }
  }

  /** Checks that no loaded parameter has changed; see {@link FrozenLayers#requireUnchanged}. */
  synchronized void requireUnchanged() {
    if (backend == null) {
      return;
    }
    if (loadedDigest == null) {
      throw new IllegalStateException("Layers that were loaded for a trial have no digest");
    }
    String now = backend.parameterDigest();
    if (!now.equals(loadedDigest)) {
      throw new IllegalStateException(
          "Frozen parameters changed: their SHA-256 was " + loadedDigest + " and is " + now);
    }
  }

  /** Computes a batch of {@code rows} images in one forward pass. */
  <T> T compute(int rows, Function<Backend, T> work) {
    try {
      return work.apply(backend());
    } catch (EngineException e) {
      throw DeviceFailures.on(device(), rows, e);
    }
  }

  /** Computes a batch of any size, in parts that fit into memory. */
  void run(ByteBuffer pixels, int rows, TensorType type, FeatureRows.Taker taker) {
    int done = 0;
    while (done < rows) {
      int size = Math.min(microBatch(), rows - done);
      ByteBuffer part = pixels.slice(pixels.position() + done * imageBytes, size * imageBytes);
      try (NDManager scratch = manager.newSubManager()) {
        taker.take(done, size, backend().features(scratch, part, size, type));
        done += size;
      } catch (EngineException e) {
        if (size == 1 || !DeviceFailures.isOutOfMemory(e)) {
          throw DeviceFailures.on(device(), size, e);
        }
        halve(size);
      }
    }
  }

  /** Reports what users should know, each line once. */
  void report(Progress progress) {
    notices.report(progress);
  }

  private synchronized int microBatch() {
    return microBatch;
  }

  /** Halves the micro-batch. If two threads failed with the same one, only the first does so. */
  private synchronized void halve(int failed) {
    if (failed / 2 < microBatch) {
      microBatch = failed / 2;
      notices.note(
          "%s has too little memory for %d images at once: from now on it computes %d at a time."
              .formatted(Devices.nameOf(device()), failed, microBatch));
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}

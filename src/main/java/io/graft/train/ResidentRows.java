package io.graft.train;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import io.graft.runtime.Devices;
import io.graft.tensors.TensorType;
import io.graft.torchscript.TorchScriptModule;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * Rows of a feature store that stay on a device. Each row is copied there when it is first used. So
 * the first epoch starts at once, and later epochs copy nothing.
 */
final class ResidentRows {

  /** Rows may take half of the free memory. The rest is for the layers and other processes. */
  private static final int SHARE_OF_FREE_MEMORY = 2;

  private static final String SOURCE =
      """
        def keep(self: __torch__.ResidentRows,
          all: Tensor, order: Tensor, start: int, end: int, rows: Tensor) -> Tensor:
          return torch.index_copy_(all, 0, torch.slice(order, 0, start, end, 1), rows)
        def forward(self: __torch__.ResidentRows,
          all: Tensor, order: Tensor, range: Tensor) -> Tensor:
          start = int(torch.select(range, 0, 0))
          end = int(torch.select(range, 0, 1))
          return torch.index_select(all, 0, torch.slice(order, 0, start, end, 1))
      """;

  private final TorchScriptModule module;
  private final NDManager owner;
  private final NDManager host;
  private final NDArray all;
  private final NDArray labels;
  private final BitSet held = new BitSet();

  /** The announced order, in host memory and on the device. */
  private int[] order = {};

  private NDArray onDevice;

  /**
   * Allocates memory for all rows of a store.
   *
   * @param owner the owner of the memory; its device holds the rows
   * @throws EngineException if the device has too little memory
   */
  ResidentRows(FeatureStore store, NDManager owner) {
    this.module = TorchScriptModule.ofMethods("ResidentRows", SOURCE, owner);
    this.owner = owner;
    this.host = owner.newSubManager(Device.cpu());
    this.all = owner.create(new Shape(store.rows()).addAll(store.rowShape()), elementType(store));
    this.labels = owner.create(Arrays.stream(store.labels()).asLongStream().toArray());
    this.onDevice = owner.create(new long[0]);
  }

  /** Returns the element type of a store's rows. */
  static DataType elementType(FeatureStore store) {
    return store.type() == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32;
  }

  /** Allocates memory for a store's rows. Returns empty unless a GPU has enough free memory. */
  static Optional<ResidentRows> where(FeatureStore store, NDManager owner) {
    long bytes = (long) store.rows() * store.rowBytes();
    if (!store.isKept()
        || bytes > Devices.freeMemoryBytes(owner.getDevice()) / SHARE_OF_FREE_MEMORY) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ResidentRows(store, owner));
    } catch (EngineException e) {
      // Another process took the memory. Copying each batch is slower, with the same result.
      return Optional.empty();
    }
  }

  /** Announces the order of the next rows. One copy of it serves all batches of an epoch. */
  void begin(int[] next) {
    order = next.clone();
    onDevice.close();
    onDevice = owner.create(Arrays.stream(order).asLongStream().toArray());
  }

  /** Returns whether the rows {@code from} to {@code to - 1} of the order are on the device. */
  boolean holds(int from, int to) {
    return Arrays.stream(order, from, to).allMatch(held::get);
  }

  /**
   * Keeps rows of the order on the device.
   *
   * @param rows the values of the rows {@code from} to {@code to - 1}, already on the device
   * @return {@code rows}
   */
  NDArray keep(int from, int to, NDArray rows) {
    module.call("keep", rows.getManager(), all, onDevice, from, to, rows);
    Arrays.stream(order, from, to).forEach(held::set);
    return rows;
  }

  /**
   * Returns rows of the order that are on the device, without waiting for it.
   *
   * @return a copy, owned by {@code manager}
   */
  NDArray gather(NDManager manager, int from, int to) {
    return gather(manager, all, from, to);
  }

  /** Returns the labels of rows of the order, int64 (to - from), without waiting for the device. */
  NDArray labels(NDManager manager, int from, int to) {
    return gather(manager, labels, from, to);
  }

  /** Gathers with {@code forward}, because autograd refuses the tensors of other methods. */
  private NDArray gather(NDManager manager, NDArray source, int from, int to) {
    try (NDArray range = host.create(new long[] {from, to})) {
      return module.record(manager, source, onDevice, range);
    }
  }
}

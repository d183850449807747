package io.graft.train;

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
          all: Tensor, wanted: Tensor, rows: Tensor) -> Tensor:
          return torch.index_copy_(all, 0, wanted, rows)
        def gather(self: __torch__.ResidentRows,
          all: Tensor, wanted: Tensor) -> Tensor:
          return torch.index_select(all, 0, wanted)
      """;

  private final TorchScriptModule module;
  private final NDArray all;
  private final BitSet held = new BitSet();

  /**
   * Allocates memory for all rows of a store.
   *
   * @param owner the owner of the memory; its device holds the rows
   * @throws EngineException if the device has too little memory
   */
  ResidentRows(FeatureStore store, NDManager owner) {
    this.module = TorchScriptModule.ofMethods("ResidentRows", SOURCE, owner);
    this.all = owner.create(new Shape(store.rows()).addAll(store.rowShape()), elementType(store));
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

  /** Returns whether all the wanted rows are on the device. */
  boolean holds(long[] wanted) {
    return Arrays.stream(wanted).allMatch(row -> held.get((int) row));
  }

  /**
   * Keeps rows on the device.
   *
   * @param rows the values of the rows, already on the device, in the order of {@code wanted}
   * @return {@code rows}
   */
  NDArray keep(long[] wanted, NDArray rows) {
    NDManager scratch = rows.getManager();
    module.call("keep", scratch, all, scratch.create(wanted), rows);
    Arrays.stream(wanted).forEach(row -> held.set((int) row));
    return rows;
  }

  /**
   * Returns rows that are on the device.
   *
   * @return a copy, owned by {@code manager}
   */
  NDArray gather(NDManager manager, long[] wanted) {
    return module.call("gather", manager, all, manager.create(wanted));
  }
}

package io.graft.train;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.features.FeatureStore;
import io.graft.runtime.Devices;
import io.graft.torchscript.TorchScriptModule;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * Rows of a feature store on a device, each put there when it is first used, so that the first
 * epoch is not kept waiting for all of them and later ones copy nothing.
 */
final class ResidentRows {

  /** The other half is left to the layers, to libtorch's workspace and to other processes. */
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
   * Room for all rows of a store.
   *
   * @param owner owns it and places it on its device
   * @throws EngineException if the device has too little memory
   */
  ResidentRows(FeatureStore store, NDManager owner) {
    this.module = TorchScriptModule.ofMethods("ResidentRows", SOURCE, owner);
    this.all =
        owner.create(new Shape(store.rows()).addAll(store.rowShape()), RowBatches.type(store));
  }

  /** Room for the rows of a store where the owner's device is a GPU that has enough to spare. */
  static Optional<ResidentRows> where(FeatureStore store, NDManager owner) {
    if (!store.isKept()) {
      return Optional.empty();
    }
    long bytes = (long) store.rows() * store.rowBytes();
    if (bytes > Devices.freeMemoryBytes(owner.getDevice()) / SHARE_OF_FREE_MEMORY) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ResidentRows(store, owner));
    } catch (EngineException e) {
      // Another process was faster; rows are copied batch by batch, which only takes longer.
      return Optional.empty();
    }
  }

  /** Whether all of these rows are on the device. */
  boolean holds(long[] wanted) {
    return Arrays.stream(wanted).allMatch(row -> held.get((int) row));
  }

  /**
   * Puts rows onto the device.
   *
   * @param rows their content, on the device already, in the order of {@code wanted}
   * @return {@code rows}
   */
  NDArray keep(long[] wanted, NDArray rows) {
    NDManager scratch = rows.getManager();
    module.call("keep", scratch, all, scratch.create(wanted), rows);
    Arrays.stream(wanted).forEach(row -> held.set((int) row));
    return rows;
  }

  /**
   * Rows that are on the device.
   *
   * @return a copy, owned by {@code manager}
   */
  NDArray gather(NDManager manager, long[] wanted) {
    return module.call("gather", manager, all, manager.create(wanted));
  }
}

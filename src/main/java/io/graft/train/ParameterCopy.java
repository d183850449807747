package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import io.graft.nn.NetworkBlock;
import io.graft.torchscript.ArrayCopies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A copy of some parameters of layers, to restore them later. */
final class ParameterCopy {

  private final NDManager manager;
  private final List<String> names = new ArrayList<>();
  private final List<NDArray> originals = new ArrayList<>();

  /** Empty before the first copy. */
  private List<NDArray> copies = List.of();

  /** Null before the first copy. */
  private ArrayCopies copying;

  /**
   * Creates an empty copy.
   *
   * @param wanted names of the parameters
   * @param manager owns the copies
   */
  ParameterCopy(NetworkBlock trained, Predicate<String> wanted, NDManager manager) {
    this.manager = manager;
    for (Pair<String, Parameter> parameter : trained.getParameters()) {
      if (wanted.test(parameter.getKey())) {
        names.add(parameter.getKey());
        originals.add(parameter.getValue().getArray());
      }
    }
  }

  /** Copies the current parameters. */
  void take() {
    if (originals.isEmpty()) {
      return;
    }
    if (copies.isEmpty()) {
      copying = new ArrayCopies(manager);
      copies =
          originals.stream()
              .map(array -> manager.create(array.getShape(), array.getDataType()))
              .toList();
    }
    copying.copy(originals, copies);
  }

  /** Writes the last copy into the layers. */
  void giveBack() {
    if (!copies.isEmpty()) {
      copying.copy(copies, originals);
    }
  }

  /** Returns the copies by their parameters' names; empty before the first. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (int i = 0; i < copies.size(); i++) {
      arrays.put(names.get(i), copies.get(i));
    }
    return arrays;
  }
}

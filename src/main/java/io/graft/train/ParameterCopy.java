package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.nn.GradientMode;
import io.graft.nn.NetworkBlock;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** A copy of some parameters of layers, which can be taken anew and given back. */
final class ParameterCopy {

  private final Map<String, NDArray> originals = new LinkedHashMap<>();
  private final Map<String, NDArray> copies = new LinkedHashMap<>();
  private final NDManager manager;

  /**
   * No copy yet.
   *
   * @param names of the parameters
   * @param manager owns the copies
   */
  ParameterCopy(NetworkBlock trained, Predicate<String> names, NDManager manager) {
    this.manager = manager;
    trained
        .getParameters()
        .forEach(
            parameter -> {
              if (names.test(parameter.getKey())) {
                originals.put(parameter.getKey(), parameter.getValue().getArray());
              }
            });
  }

  /** Copies the parameters as they are now. */
  void take() {
    originals.forEach(
        (name, array) ->
            copy(
                array,
                copies.computeIfAbsent(
                    name, any -> manager.create(array.getShape(), array.getDataType()))));
  }

  /** Gives the layers what was copied last. */
  void giveBack() {
    copies.forEach((name, array) -> copy(array, originals.get(name)));
  }

  /** The copies by their parameter's name; empty before the first. */
  Map<String, NDArray> arrays() {
    return Collections.unmodifiableMap(copies);
  }

  private static void copy(NDArray from, NDArray to) {
    try (GradientMode changing = GradientMode.off()) {
      from.copyTo(to);
    }
  }
}

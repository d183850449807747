package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import io.graft.nn.NetworkBlock;
import io.graft.torchscript.ArrayCopies;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A copy of selected parameters of layers, to restore them later. */
final class ParameterCopy {

  private final NDManager manager;
  private final Map<String, NDArray> originals = new LinkedHashMap<>();

  /** The copies by name; empty before the first copy. */
  private final Map<String, NDArray> copies = new LinkedHashMap<>();

  /** The copier of the arrays; null before the first copy. */
  private ArrayCopies copying;

  /**
   * Creates an object that holds no copy yet.
   *
   * @param wanted which parameters to copy, by name
   * @param manager the owner of the copies
   */
  ParameterCopy(NetworkBlock trained, Predicate<String> wanted, NDManager manager) {
    this.manager = manager;
    for (Pair<String, Parameter> parameter : trained.getParameters()) {
      if (wanted.test(parameter.getKey())) {
        originals.put(parameter.getKey(), parameter.getValue().getArray());
      }
    }
  }

  /** Copies the current parameters. */
  void take() {
    if (!originals.isEmpty()) {
      prepare();
      copying.copy(List.copyOf(originals.values()), List.copyOf(copies.values()));
    }
  }

  /** Copies the current parameters, unless a number on their device is not 0. */
  void takeUnless(NDArray condition) {
    if (!originals.isEmpty()) {
      prepare();
      copying.copyUnless(condition, List.copyOf(originals.values()), List.copyOf(copies.values()));
    }
  }

  private void prepare() {
    if (copies.isEmpty()) {
      copying = new ArrayCopies(manager);
      originals.forEach(
          (name, array) -> {
            NDArray copy = array.zerosLike();
            copy.attach(manager);
            copies.put(name, copy);
          });
    }
  }

  /** Writes the last copy into the layers. */
  void giveBack() {
    if (!copies.isEmpty()) {
      copying.copy(List.copyOf(copies.values()), List.copyOf(originals.values()));
    }
  }

  /** Returns the copies by the names of the parameters; empty before the first copy. */
  Map<String, NDArray> arrays() {
    return Collections.unmodifiableMap(copies);
  }
}

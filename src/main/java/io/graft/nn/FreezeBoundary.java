package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The one place at which training cuts a network: everything before it is frozen and runs once per
 * image, everything after it is trained on what the frozen part gave.
 *
 * @param network the whole network, frozen and trainable part
 * @param index how many of its layers are frozen
 */
public record FreezeBoundary(Network network, int index) {

  /** The layers before the boundary. */
  public Network frozen() {
    return network.prefix(index);
  }

  /** The layers after the boundary; the rows it takes are the frozen part's output. */
  public Network trainable() {
    return network.suffix(index);
  }

  /**
   * The boundary moved to before the layer or block that is trained first.
   *
   * @throws InvalidOptionException if no layer before this boundary has that name
   */
  public FreezeBoundary unfreeze(Unfreeze unfreeze) {
    if (unfreeze.equals(Unfreeze.NONE)) {
      return this;
    } else if (unfreeze.equals(Unfreeze.ALL)) {
      return new FreezeBoundary(network, 0);
    }
    Set<String> known = new LinkedHashSet<>(List.of("none", "all"));
    for (int i = 0; i < index; i++) {
      NamedLayer layer = network.layers().get(i);
      String block = layer.name().split("_", 2)[0].replaceFirst("^fc\\d+$", "fc");
      if (List.of(block, layer.name(), layer.path()).contains(unfreeze.from())) {
        return new FreezeBoundary(network, i);
      }
      known.addAll(List.of(block, layer.name(), layer.path()));
    }
    throw new InvalidOptionException(
        "No layer or block '"
            + unfreeze.from()
            + "' of "
            + network.name()
            + " lies before the head"
            + Suggestions.didYouMean(unfreeze.from(), known)
            + " Expected none, all, a block such as block5 (fc with the head fc), or a layer such as"
            + " block5_conv1.");
  }
}

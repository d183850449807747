package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The place in a network where the frozen layers end. The frozen layers compute the features of an
 * image once. The layers after the boundary are trained on the features.
 *
 * @param network the whole network, with frozen and trained layers
 * @param index the number of frozen layers
 */
public record FreezeBoundary(Network network, int index) {

  /** Returns the layers before the boundary. */
  public Network frozen() {
    return network.prefix(index);
  }

  /** Returns the layers after the boundary, whose input is the frozen layers' output. */
  public Network trainable() {
    return network.suffix(index);
  }

  /**
   * Returns the boundary before the first layer or block that {@code unfreeze} trains.
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
        ("No layer or block '%s' of %s lies before the head%s Expected none, all, a block such as"
                + " block5 (fc with the head fc), or a layer such as block5_conv1.")
            .formatted(
                unfreeze.from(), network.name(), Suggestions.didYouMean(unfreeze.from(), known)));
  }
}

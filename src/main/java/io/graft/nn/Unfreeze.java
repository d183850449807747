package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import java.util.Objects;

/**
 * The layers of a backbone that are trained with the head: one layer and all layers after it.
 *
 * @param from the first trained layer by its Keras or torchvision name, or the first trained block
 *     ({@code block5}, {@code fc}), or {@code none} or {@code all}
 */
public record Unfreeze(String from) {

  /** Only the head is trained. */
  public static final Unfreeze NONE = new Unfreeze("none");

  /** Every layer is trained: the boundary is at the input. */
  public static final Unfreeze ALL = new Unfreeze("all");

  /** Checks that the name is not blank. */
  public Unfreeze {
    Objects.requireNonNull(from, "from");
    if (from.isBlank()) {
      throw new InvalidOptionException(
          "Unfreeze is empty. Expected none, all, a block such as block5, or a layer such as"
              + " block5_conv1.");
    }
  }
}

package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import java.util.Objects;

/**
 * Which layers of a backbone are trained with the head: a layer and all layers after it.
 *
 * @param from the first trained layer by Keras's or torchvision's name, a block ({@code block5},
 *     {@code fc}), {@code none} or {@code all}
 */
public record Unfreeze(String from) {

  /** Only the head is trained. */
  public static final Unfreeze NONE = new Unfreeze("none");

  /** Every layer is trained: the boundary is at the input. */
  public static final Unfreeze ALL = new Unfreeze("all");

  /** Checks that there is a name. */
  public Unfreeze {
    Objects.requireNonNull(from, "from");
    if (from.isBlank()) {
      throw new InvalidOptionException(
          "Unfreeze is empty. Expected none, all, a block such as block5, or a layer such as"
              + " block5_conv1.");
    }
  }
}

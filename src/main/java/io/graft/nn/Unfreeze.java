package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import java.util.Objects;

/**
 * Which layers of a backbone are trained along with the head: a layer and all behind it.
 *
 * @param from the first that is trained: {@code none}, {@code all}, a block ({@code block5}, {@code
 *     fc}), or a layer by Keras's or torchvision's name
 */
public record Unfreeze(String from) {

  /** The head alone is trained. */
  public static final Unfreeze NONE = new Unfreeze("none");

  /** Every layer is trained: the boundary is at the input. */
  public static final Unfreeze ALL = new Unfreeze("all");

  /** Checks that there is a name. */
  public Unfreeze {
    Objects.requireNonNull(from, "from");
    if (from.isBlank()) {
      throw new InvalidOptionException(
          "Unfreeze names no layer: expected none, all, a block such as block5, or a layer.");
    }
  }
}

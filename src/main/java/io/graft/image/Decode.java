package io.graft.image;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.Locale;

/** How JPEG files are decoded. Files of other formats are always decoded exactly. */
public enum Decode {
  /** Every pixel, as Pillow does. */
  EXACT,
  /**
   * At a half, a quarter or an eighth of the size, where that is still at least the size that the
   * resize needs. The pixels differ a little from exact ones.
   */
  FAST,
  /** Fast, if large images are among those of a run and their features agree; otherwise exact. */
  AUTO;

  /** Returns the name in options, files and stored keys: {@code exact}, {@code fast}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Parses an option.
   *
   * @throws InvalidOptionException if it is another word
   */
  public static Decode parse(String word) {
    return Suggestions.choose("way of decoding", word, List.of(values()), Decode::word);
  }
}

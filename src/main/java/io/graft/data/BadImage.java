package io.graft.data;

import io.graft.image.BadImageException;
import java.nio.file.Path;
import java.util.List;

/**
 * A file that was listed as an image but cannot be decoded.
 *
 * @param reason the reason why it cannot be decoded, without the path
 * @param settings the names of the settings with which it could be decoded
 */
public record BadImage(Path path, String reason, List<String> settings) {

  /** Creates a bad image that no setting helps. */
  public BadImage(Path path, String reason) {
    this(path, reason, List.of());
  }

  /** Creates a bad image from the decoder's refusal. */
  static BadImage of(Path path, BadImageException refusal) {
    return new BadImage(
        path, refusal.getMessage(), refusal.isTooLarge() ? List.of("max-pixels") : List.of());
  }
}

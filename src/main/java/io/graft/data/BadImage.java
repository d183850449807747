package io.graft.data;

import java.nio.file.Path;

/**
 * A file that was listed as an image but cannot be decoded.
 *
 * @param reason the reason why it cannot be decoded, without the path
 */
public record BadImage(Path path, String reason) {}

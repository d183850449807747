package io.graft.features;

import io.graft.image.codec.ImageDecoder;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The metadata of a file that changes when its content changes: path, size, times of change, and on
 * Unix the inode and device numbers.
 *
 * @param digest the SHA-256 of this metadata, 32 bytes
 * @param settled whether the last change is so old that another change would give another stamp.
 *     Two changes within the resolution of the clock can give the same stamp; git calls such a file
 *     racy.
 */
record FileStamp(ByteBuffer digest, boolean settled) {

  private static final Duration CLOCK_RESOLUTION = Duration.ofSeconds(2);
  private static final int BUFFER_BYTES = 1 << 16;

  /** Returns the current stamp of a file. */
  static FileStamp of(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    FileTime changed;
    String identity;
    if (path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      Map<String, Object> unix =
          Files.readAttributes(path, "unix:size,lastModifiedTime,ctime,ino,dev");
      // Uses ctime, because programs can set the modification time but not this time.
      changed = (FileTime) unix.get("ctime");
      identity =
          Stream.of("size", "lastModifiedTime", "ino", "dev")
              .map(name -> String.valueOf(unix.get(name)))
              .collect(Collectors.joining(" "));
    } else {
      BasicFileAttributes basic = Files.readAttributes(path, BasicFileAttributes.class);
      changed = basic.lastModifiedTime();
      identity = basic.size() + " " + basic.creationTime() + " " + basic.fileKey();
    }
    boolean settled = changed.toInstant().isBefore(Instant.now().minus(CLOCK_RESOLUTION));
    String text = absolute + "\n" + changed + "\n" + identity;
    return new FileStamp(ByteBuffer.wrap(new Sha256().add(text).bytes()), settled);
  }

  /**
   * The content of a file.
   *
   * @param digest its SHA-256, 32 bytes
   * @param head its first bytes, at most {@link ImageDecoder#HEAD_BYTES}
   */
  record Content(ByteBuffer digest, @SuppressWarnings("ArrayRecordComponent") byte[] head) {}

  /** Reads a file's content. */
  static Content contentOf(Path path) throws IOException {
    Sha256 digest = new Sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(path)) {
      byte[] head = in.readNBytes(ImageDecoder.HEAD_BYTES);
      digest.add(ByteBuffer.wrap(head));
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.add(ByteBuffer.wrap(buffer, 0, count));
      }
      return new Content(ByteBuffer.wrap(digest.bytes()), head);
    }
  }

  /** Reads a file's first bytes, at most {@link ImageDecoder#HEAD_BYTES}. */
  static byte[] headOf(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(ImageDecoder.HEAD_BYTES);
    }
  }
}

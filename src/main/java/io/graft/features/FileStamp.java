package io.graft.features;

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

/**
 * What the file system says of a file that changes when its content does: path, size, times of
 * change, and where it has them its number and the device's.
 *
 * @param digest SHA-256 of all of that, 32 bytes
 * @param settled whether the file was last changed long enough ago that another change would show;
 *     one that was changed within the resolution of the clock might be changed again without any
 *     sign of it (git calls such an entry racy)
 */
record FileStamp(ByteBuffer digest, boolean settled) {

  private static final Duration CLOCK_RESOLUTION = Duration.ofSeconds(2);
  private static final int BUFFER_BYTES = 1 << 16;

  /** The stamp of a file as it is now. */
  static FileStamp of(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    FileTime changed;
    String identity;
    if (path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      Map<String, Object> unix =
          Files.readAttributes(path, "unix:size,lastModifiedTime,ctime,ino,dev");
      // Set by the kernel alone: a program can set the other time back, this one not.
      changed = (FileTime) unix.get("ctime");
      identity =
          unix.get("size")
              + " "
              + unix.get("lastModifiedTime")
              + " "
              + unix.get("ino")
              + " "
              + unix.get("dev");
    } else {
      BasicFileAttributes basic = Files.readAttributes(path, BasicFileAttributes.class);
      changed = basic.lastModifiedTime();
      identity = basic.size() + " " + basic.creationTime() + " " + basic.fileKey();
    }
    boolean settled = changed.toInstant().isBefore(Instant.now().minus(CLOCK_RESOLUTION));
    String text = absolute + "\n" + changed + "\n" + identity;
    return new FileStamp(ByteBuffer.wrap(new Sha256().add(text).bytes()), settled);
  }

  /** The SHA-256 of a file's content, 32 bytes. */
  static ByteBuffer digestOf(Path path) throws IOException {
    Sha256 digest = new Sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(path)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.add(ByteBuffer.wrap(buffer, 0, count));
      }
    }
    return ByteBuffer.wrap(digest.bytes());
  }
}

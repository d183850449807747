package io.graft.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** The files of {@code own}, which are stored gzipped. */
public final class OwnFiles {

  private OwnFiles() {}

  /** Unpacks a file, such as {@code five_classes.pth}, into a folder, and returns its path. */
  public static Path unpack(String name, Path folder) {
    Path file = folder.resolve(name);
    try (InputStream packed = OwnFiles.class.getResourceAsStream("/own/" + name + ".gz");
        InputStream bytes = new GZIPInputStream(packed)) {
      return Files.write(file, bytes.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

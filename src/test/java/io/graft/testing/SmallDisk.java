package io.graft.testing;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of 64 KiB in memory; a test that makes one is skipped where none may be mounted. */
public final class SmallDisk implements AutoCloseable {

  private static final int BYTES = 64 << 10;

  private final Path folder;

  /** Mounts the disk on a folder that does not exist yet. */
  public SmallDisk(Path folder) throws IOException, InterruptedException {
    this.folder = Files.createDirectory(folder);
    assumeThat(run("mount", "-t", "tmpfs", "-o", "size=" + BYTES, "tmpfs", folder.toString()))
        .as("may mount a small disk")
        .isTrue();
  }

  /** Leaves so much room on it, a multiple of a page. */
  public void fillUpTo(int bytes) throws IOException {
    Files.write(folder.resolve("filler"), new byte[BYTES - bytes]);
  }

  /** From now on it can only be read, by root too. */
  public void makeReadOnly() throws IOException, InterruptedException {
    if (!run("mount", "-o", "remount,ro", folder.toString())) {
      throw new IOException(folder + " cannot be mounted anew");
    }
  }

  @Override
  public void close() throws InterruptedException {
    // Lazily, for a mapped file outlives its map's last use until the garbage is collected.
    run("umount", "-l", folder.toString());
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}

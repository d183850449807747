package io.graft.cli;

import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Standard output that ends the command if it cannot be written. It throws unchecked exceptions,
 * because {@link java.io.PrintWriter} hides an {@code IOException}.
 */
final class StandardOutput extends OutputStream {

  /** The bits of a file's mode that hold its type, and two types; see inode(7). */
  private static final int TYPE_MASK = 0170000;

  private static final int PIPE = 0010000;
  private static final int SOCKET = 0140000;

  private final OutputStream out;

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  /** The reader of standard output closed it, as {@code head} does. */
  static final class ClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int first, int count) {
    try {
      out.write(bytes, first, count);
    } catch (IOException e) {
      // The message of the exception cannot be compared: its language is the user's.
      if (isPipe()) {
        throw new ClosedException();
      }
      throw new OutputException(
          "Cannot write standard output: "
              + FileFailure.reason(e)
              + ". The report is lost, but files that were written, such as a model, are whole. Expected"
              + " a file on a disk with free space, a pipe or a terminal.",
          e);
    }
  }

  /** Tells whether this is a pipe or socket, which fails only when its reader is gone. */
  private static boolean isPipe() {
    try {
      int type = (int) Files.getAttribute(Path.of("/dev/fd/1"), "unix:mode") & TYPE_MASK;
      return type == PIPE || type == SOCKET;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}

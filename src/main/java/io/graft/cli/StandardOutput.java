package io.graft.cli;

import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Standard output, whose loss ends the command. A {@link java.io.PrintWriter} keeps an {@code
 * IOException} to itself and lets unchecked exceptions pass.
 */
final class StandardOutput extends OutputStream {

  /** The part of a file's mode that tells its kind, and two kinds: inode(7). */
  private static final int KIND = 0170000;

  private static final int PIPE = 0010000;
  private static final int SOCKET = 0140000;

  private final OutputStream out;

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  /** Whoever read standard output has closed it, as {@code head} does. */
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
      // The message will not do: it is in the language of the user.
      if (isPipe()) {
        throw new ClosedException();
      }
      throw new OutputException(
          "Cannot write standard output: "
              + FileFailure.reason(e)
              + ". What it should have told is lost; files that were written, such as a model, are"
              + " whole. Expected a file with room, a pipe or a terminal.",
          e);
    }
  }

  /** Tells whether this is a pipe, whose one failure is that its reader is gone. */
  private static boolean isPipe() {
    try {
      int kind = (int) Files.getAttribute(Path.of("/dev/fd/1"), "unix:mode") & KIND;
      return kind == PIPE || kind == SOCKET;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}

package io.graft.cli;

import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A stream to standard output. If a write fails, it throws an unchecked exception, which ends the
 * command. A {@link java.io.PrintWriter} would hide an {@code IOException}.
 */
final class StandardOutput extends OutputStream {

  /** The bits of a file's mode that hold its type, followed by two of the types; see inode(7). */
  private static final int TYPE_MASK = 0170000;

  private static final int PIPE = 0010000;
  private static final int SOCKET = 0140000;

  private final OutputStream out;

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  /** Reports that the reader of standard output, such as {@code head}, closed the pipe. */
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
      // The exception's message is in the user's language, so its text cannot be compared.
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

  /** Tells whether standard output is a pipe or socket. Those fail only if their reader is gone. */
  private static boolean isPipe() {
    try {
      int type = (int) Files.getAttribute(Path.of("/dev/fd/1"), "unix:mode") & TYPE_MASK;
      return type == PIPE || type == SOCKET;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}

package io.graft.weights.pytorch;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorReads;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the bytes of a file in order through a small window, 16 MiB at most. */
final class PickleInput {

  /** The most bytes that the pickles of one file may take. */
  static final int MAX_BYTES = 16 << 20;

  private static final int WINDOW_BYTES = 64 << 10;
  private static final int MAX_INTEGER_BYTES = 1024;
  private static final int MAX_LINE_CHARACTERS = 512;

  private final FileChannel channel;
  private final long end;
  private final boolean cut;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).flip();
  private long next;

  /** Creates a reader of the bytes from {@code start}, inclusive, to {@code end}, exclusive. */
  PickleInput(FileChannel channel, long start, long end) {
    this.channel = channel;
    this.next = start;
    this.cut = end - start > MAX_BYTES;
    this.end = cut ? start + MAX_BYTES : end;
  }

  /** Returns the position of the next byte in the file. */
  long position() {
    return next - window.remaining();
  }

  /** Returns the number of bytes left to read. */
  long remaining() {
    return end - position();
  }

  int readUnsignedByte() throws IOException, MalformedCheckpointException {
    require(1);
    if (!window.hasRemaining()) {
      fill();
    }
    return Byte.toUnsignedInt(window.get());
  }

  /** Reads an unsigned little-endian number of up to 8 bytes; 8 bytes may overflow to negative. */
  long readLittleEndian(int bytes) throws IOException, MalformedCheckpointException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) readUnsignedByte() << (8 * i);
    }
    return value;
  }

  /** Reads bytes. Checks that the file has that many before it allocates memory. */
  byte[] readBytes(long count) throws IOException, MalformedCheckpointException {
    require(count);
    byte[] bytes = new byte[(int) count];
    int done = 0;
    while (done < bytes.length) {
      if (!window.hasRemaining()) {
        fill();
      }
      int piece = Math.min(window.remaining(), bytes.length - done);
      window.get(bytes, done, piece);
      done += piece;
    }
    return bytes;
  }

  /** Reads a signed little-endian number of any length. */
  Pickled.Whole readInteger(long bytes) throws IOException, MalformedCheckpointException {
    if (bytes > MAX_INTEGER_BYTES) {
      throw new MalformedCheckpointException(
          "its pickle has an integer of %s bytes (before byte %s)", bytes, position());
    }
    byte[] littleEndian = readBytes(bytes);
    byte[] bigEndian = new byte[littleEndian.length + 1];
    boolean negative = bytes > 0 && littleEndian[littleEndian.length - 1] < 0;
    bigEndian[0] = (byte) (negative ? -1 : 0);
    for (int i = 0; i < littleEndian.length; i++) {
      bigEndian[littleEndian.length - i] = littleEndian[i];
    }
    return new Pickled.Whole(new BigInteger(bigEndian));
  }

  /** Skips bytes. */
  void skip(long count) throws MalformedCheckpointException {
    require(count);
    if (count <= window.remaining()) {
      window.position(window.position() + (int) count);
    } else {
      next = position() + count;
      window.position(window.limit());
    }
  }

  String readUtf8(long bytes) throws IOException, MalformedCheckpointException {
    try {
      CharBuffer text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(readBytes(bytes)));
      return text.toString();
    } catch (CharacterCodingException e) {
      throw new MalformedCheckpointException(
          "its pickle has a text before byte %s that is not UTF-8", position());
    }
  }

  /** Reads a text up to a line feed, which is not part of the result. */
  String readLine() throws IOException, MalformedCheckpointException {
    StringBuilder line = new StringBuilder();
    for (int c = readUnsignedByte(); c != '\n'; c = readUnsignedByte()) {
      if (line.length() == MAX_LINE_CHARACTERS) {
        throw new MalformedCheckpointException(
            "its pickle has a name of more than %s characters", MAX_LINE_CHARACTERS);
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private void require(long count) throws MalformedCheckpointException {
    if (count >= 0 && count <= remaining()) {
      return;
    }
    throw new MalformedCheckpointException(
        cut
            ? "its pickle is longer than the " + MAX_BYTES + " bytes that are read"
            : "its pickle asks for "
                + Long.toUnsignedString(count)
                + " bytes at byte "
                + position()
                + " and "
                + remaining()
                + " are left: it is cut off or damaged");
  }

  private void fill() throws IOException {
    window.clear().limit((int) Math.min(WINDOW_BYTES, end - next));
    TensorReads.readFully(channel, next, window);
    next += window.flip().remaining();
  }
}

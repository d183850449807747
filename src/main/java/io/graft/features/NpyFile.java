package io.graft.features;

import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
import io.graft.tensors.TensorReads;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Arrays in NumPy's format 1.0: a magic number, the length of a header, a header in the syntax of a
 * Python dictionary, and the elements in C order.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">The npy
 *     format</a>
 */
final class NpyFile {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

  /** The data begins at a multiple of this many bytes. */
  private static final int ALIGNMENT = 64;

  /** The most digits that a 64-bit number has, and one for a sign. */
  private static final int FIRST_DIMENSION_DIGITS = 21;

  private NpyFile() {}

  /** Takes the next bytes of a file. */
  @FunctionalInterface
  interface Bytes {
    void append(ByteBuffer bytes) throws IOException;
  }

  /** Gives the elements of an array, little-endian in C order. */
  @FunctionalInterface
  interface Elements {
    void writeTo(Bytes bytes) throws IOException;
  }

  static void write(Path file, TensorType type, List<Long> shape, Elements elements)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Bytes bytes =
          buffer -> {
            while (buffer.hasRemaining()) {
              channel.write(buffer);
            }
          };
      bytes.append(header(type, shape));
      elements.writeTo(bytes);
    }
  }

  private static ByteBuffer header(TensorType type, List<Long> shape) {
    String kind =
        switch (type) {
          case F16 -> "<f2";
          case F32 -> "<f4";
          case I64 -> "<i8";
          default -> throw new IllegalArgumentException(type + " is not written");
        };
    // A tuple of one element needs the comma.
    String lengths = shape.stream().map(String::valueOf).collect(Collectors.joining(", "));
    String text =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }"
            .formatted(kind, lengths, shape.size() == 1 ? "," : "");
    // NumPy leaves room for a longer first dimension, so that rows can be appended in place.
    text += " ".repeat(FIRST_DIMENSION_DIGITS - String.valueOf(shape.get(0)).length());
    int unpadded = MAGIC.length + Short.BYTES + text.length() + 1;
    int whole = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    String padded = text + " ".repeat(whole - unpadded) + "\n";
    return ByteBuffer.allocate(whole)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putShort((short) padded.length())
        .put(padded.getBytes(StandardCharsets.US_ASCII))
        .flip();
  }

  /** Opens features that {@link #write} has just written, given the store that they are from. */
  static FeatureStore open(Path file, FeatureStore source) {
    long start = header(source.type(), FeatureFile.shape(source)).remaining();
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      RowSource rows =
          new RowSource() {
            @Override
            public void read(int row, ByteBuffer destination) {
              try {
                TensorReads.readFully(channel, start + (long) row * source.rowBytes(), destination);
              } catch (IOException e) {
                throw cannotRead(file, e);
              }
            }

            @Override
            public void close() {
              TensorReads.closeQuietly(channel);
            }
          };
      return new FeatureStore(rows, source.type(), source.rowShape(), source.labels());
    } catch (IOException e) {
      throw cannotRead(file, e);
    }
  }

  private static BadDataException cannotRead(Path file, IOException cause) {
    return new BadDataException(
        "Cannot read %s: %s. Expected the features that were just written."
            .formatted(file, FileFailure.reason(cause)),
        cause);
  }
}

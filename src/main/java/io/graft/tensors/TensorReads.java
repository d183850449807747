package io.graft.tensors;

import io.graft.runtime.FileFailure;
import io.graft.runtime.OpenState;
import io.graft.runtime.WeightsException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Shared code of the readers of weights files: opening, checks, and reading as float32. */
public final class TensorReads {

  /** The largest number of tensors that are read from one file. */
  public static final int MAX_TENSORS = 10_000;

  private static final int PIECE_BYTES = 1 << 20;

  /** File systems round times of change, to two seconds at most. */
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private TensorReads() {}

  /** Parses the structure of an open file. */
  public interface Opener<T> {
    T open(FileChannel channel) throws IOException, MalformedCheckpointException;
  }

  /** The elements of a tensor as consecutive bytes, row-major and little-endian. */
  public interface ElementBytes {

    /** Fills the buffer with bytes of the tensor, from the given byte on. */
    void read(long byteOffset, ByteBuffer destination) throws IOException;
  }

  /**
   * Opens a file for reading, and closes it again if it cannot be parsed.
   *
   * @param kind the expected kind of file, for messages, such as {@code PyTorch file}
   * @param expected what the file should hold and how to get such a file, for messages
   * @return the result of the opener, which owns the channel from then on
   * @throws WeightsException if the file cannot be read or is malformed, or if the opener throws it
   */
  public static <T> T open(Path path, String kind, String expected, Opener<T> opener) {
    FileChannel channel = null;
    T opened = null;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      opened = opener.open(channel);
      return opened;
    } catch (MalformedCheckpointException e) {
      throw new WeightsException(
          String.format(
              "Not a usable %s: %s: %s. Expected %s.", kind, path, e.getMessage(), expected),
          e);
    } catch (IOException e) {
      throw cannotRead(path, kind, e);
    } finally {
      if (opened == null) {
        closeQuietly(channel);
      }
    }
  }

  public static WeightsException cannotRead(Path path, String kind, IOException e) {
    return new WeightsException(
        String.format(
            "Cannot read %s: %s. Expected a readable %s; check the path and its permissions.",
            path, FileFailure.reason(e), kind),
        e);
  }

  /**
   * Returns which file a path names and when it was changed, for {@link TensorSource#version}.
   * Empty if the file was changed so recently that its time of change may hide another change.
   */
  public static Optional<String> version(Path path) {
    try {
      BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
      Duration age = Duration.between(file.lastModifiedTime().toInstant(), Instant.now());
      return age.compareTo(SETTLED) < 0
          ? Optional.empty()
          : Optional.of(
              String.join(
                  " ",
                  path.toString(),
                  String.valueOf(file.fileKey()),
                  Long.toString(file.size()),
                  file.lastModifiedTime().toInstant().toString()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  public static void closeQuietly(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Nothing was written, so a failure to close loses nothing.
    }
  }

  /** Returns the tensor with a name, or fails if there is none. */
  static TensorInfo require(Map<String, TensorInfo> tensors, String name, Path path) {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new WeightsException(
          String.format(
              "No tensor '%s' in %s. Expected one of its %s names; name a file of the right"
                  + " network.",
              name, path, tensors.size()));
    }
    return info;
  }

  /** Returns the tensor with a name. Checks its range and that its type is floating point. */
  public static TensorInfo requireFloats(
      Map<String, TensorInfo> tensors,
      String name,
      long firstElement,
      ByteBuffer destination,
      Path path) {
    TensorInfo info = require(tensors, name, path);
    if (!info.type().isFloatingPoint()) {
      throw new WeightsException(
          String.format(
              "Tensor '%s' of %s has dtype %s; weights are expected in F32, F16, BF16 or F64.",
              name, path, info.type()));
    }
    requireRange(info, info.elements(), "element", firstElement, destination, Float.BYTES, path);
    return info;
  }

  /**
   * Checks that a tensor has the requested range.
   *
   * @param has the number of units that the tensor has
   * @param unit the name of a unit, in the singular
   * @param first the index of the first requested unit
   * @param unitBytes the size of a unit in the destination
   */
  static void requireRange(
      TensorInfo info,
      long has,
      String unit,
      long first,
      ByteBuffer destination,
      int unitBytes,
      Path path) {
    int count = destination.remaining() / unitBytes;
    if (first < 0 || first > has - count) {
      throw new WeightsException(
          String.format(
              "Tensor '%s' of %s has %d %ss; %d were asked for from %s %d. Expected a range within"
                  + " it.",
              info.name(), path, has, unit, count, unit, first));
    }
  }

  /**
   * Reads elements like {@link TensorSource#readFloat32(String, long, ByteBuffer)}, without
   * checking the range. Converts types other than float32 in pieces of 1 MiB.
   */
  public static void readFloat32(
      TensorType type, long firstElement, ByteBuffer destination, ElementBytes elements)
      throws IOException {
    destination.order(ByteOrder.LITTLE_ENDIAN);
    if (type == TensorType.F32) {
      elements.read(firstElement * Float.BYTES, destination);
      return;
    }
    int left = destination.remaining() / Float.BYTES;
    int pieceElements = Math.min(left, PIECE_BYTES / type.bytes());
    ByteBuffer raw =
        ByteBuffer.allocate(pieceElements * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    long next = firstElement;
    while (left > 0) {
      int count = Math.min(left, pieceElements);
      raw.clear().limit(count * type.bytes());
      elements.read(next * type.bytes(), raw);
      Float32.convert(type, raw.flip(), destination);
      next += count;
      left -= count;
    }
  }

  /** Fills a buffer from a position in the file, and makes it little-endian. */
  public static void readFully(FileChannel channel, long position, ByteBuffer destination)
      throws IOException {
    if (!channel.isOpen()) {
      throw OpenState.closed(TensorSource.class);
    }
    destination.order(ByteOrder.LITTLE_ENDIAN);
    long from = position;
    while (destination.hasRemaining()) {
      int count = channel.read(destination, from);
      if (count < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
      from += count;
    }
  }
}

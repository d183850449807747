package io.graft.train;

import ai.djl.ndarray.NDArray;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.Sha256;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.torchscript.ParameterArrays;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Writes and opens a checkpoint's file: a safetensors file of float32 tensors and texts. Its last
 * tensor, {@code sha256} U8 (32), is the digest of every byte before it.
 */
final class CheckpointFile {

  /** The file is not what was written; the message says what is wrong with it. */
  static final class DamagedException extends Exception {

    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
      super(message);
    }
  }

  private static final String DIGEST = "sha256";
  private static final int DIGEST_BYTES = 32;
  private static final int BUFFER_BYTES = 1 << 20;

  private CheckpointFile() {}

  /** Writes a file durably, whole or not at all. */
  static void write(Path file, Map<String, String> texts, Map<String, NDArray> arrays) {
    List<TensorInfo> tensors = new ArrayList<>();
    arrays.forEach(
        (name, array) ->
            tensors.add(
                new TensorInfo(
                    name,
                    TensorType.F32,
                    Arrays.stream(array.getShape().getShape()).boxed().toList())));
    tensors.add(new TensorInfo(DIGEST, TensorType.U8, List.of((long) DIGEST_BYTES)));
    DurableFiles.writeFile(
        file,
        temporary -> {
          try (SafetensorsWriter writer = SafetensorsWriter.create(temporary, texts, tensors)) {
            for (NDArray array : arrays.values()) {
              ParameterArrays.readPieces(array, writer::append);
            }
            writer.append(ByteBuffer.allocate(DIGEST_BYTES));
            writer.finish(texts, tensors);
          }
          // Read back, because the header is written last and the digest covers it.
          try (FileChannel channel =
              FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(digest(channel)), channel.size() - DIGEST_BYTES);
          }
        });
  }

  /**
   * Opens a file whose digest is right.
   *
   * @throws DamagedException if the file is damaged
   * @throws IOException if it cannot be read
   */
  static SafetensorsFile open(Path file) throws DamagedException, IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() < DIGEST_BYTES) {
        throw new DamagedException("it has " + channel.size() + " bytes");
      }
      ByteBuffer expected = ByteBuffer.allocate(DIGEST_BYTES);
      readFully(channel, channel.size() - DIGEST_BYTES, expected);
      if (!Arrays.equals(digest(channel), expected.array())) {
        throw new DamagedException("its bytes do not match the digest at its end");
      }
    }
    try {
      return SafetensorsFile.open(file);
    } catch (WeightsException e) {
      throw new DamagedException(e.getMessage());
    }
  }

  private static byte[] digest(FileChannel channel) throws IOException {
    Sha256 digest = new Sha256();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    long end = channel.size() - DIGEST_BYTES;
    for (long at = 0; at < end; at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(BUFFER_BYTES, end - at));
      readFully(channel, at, buffer);
      digest.add(buffer.flip());
    }
    return digest.bytes();
  }

  private static void readFully(FileChannel channel, long position, ByteBuffer buffer)
      throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("it ends early");
      }
    }
  }
}

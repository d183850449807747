package io.graft.train;

import ai.djl.ndarray.NDArray;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
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
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoint files of a folder. Sorting them by name sorts them by age. Each is a safetensors
 * file of float32 tensors and texts. Its last tensor, {@code sha256} U8 (32), is the digest of all
 * bytes before it.
 */
record CheckpointFiles(Path folder) {

  /** Thrown if a checkpoint file is damaged. The message says what is wrong with the file. */
  static final class DamagedException extends Exception {

    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
      super(message);
    }
  }

  private static final String DIGEST = "sha256";
  private static final int DIGEST_BYTES = 32;
  private static final int BUFFER_BYTES = 1 << 20;
  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{8})\\.safetensors");

  /** The temporary file that remains if a process is killed while it writes a checkpoint. */
  private static final Pattern UNFINISHED =
      Pattern.compile("\\.checkpoint-\\d{8}\\.safetensors\\..*\\.tmp");

  /** Returns the checkpoints, newest first. */
  List<Path> newestFirst() {
    return named(NAME.asMatchPredicate()).stream().sorted(Comparator.reverseOrder()).toList();
  }

  /** Returns the file for the next checkpoint. */
  Path next() {
    long last =
        newestFirst().stream()
            .findFirst()
            .map(newest -> Long.parseLong(newest.getFileName().toString().replaceAll("\\D", "")))
            .orElse(0L);
    return folder.resolve(String.format(Locale.ROOT, "checkpoint-%08d.safetensors", last + 1));
  }

  /** Removes all but the newest {@code kept} checkpoints. */
  void prune(int kept) {
    newestFirst().stream().skip(kept).forEach(DurableFiles::deleteQuietly);
    named(UNFINISHED.asMatchPredicate()).forEach(DurableFiles::deleteQuietly);
  }

  /** Removes every checkpoint, and the folder if nothing else is in it. */
  void removeAll() {
    named(NAME.asMatchPredicate().or(UNFINISHED.asMatchPredicate()))
        .forEach(DurableFiles::deleteQuietly);
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      // The other files belong to the user.
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private List<Path> named(Predicate<String> names) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> names.test(file.getFileName().toString())).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private OutputException unusable(IOException cause) {
    return new OutputException(
        ("Cannot use the folder of checkpoints %s: %s. Expected a folder that can be read and"
                + " written. Name another checkpoint folder.")
            .formatted(folder, FileFailure.reason(cause)),
        cause,
        "checkpoint");
  }

  /** Writes a file durably. If writing fails, no file is left. */
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
          // The digest needs the whole file, and the header is written last. So read the file back.
          try (FileChannel channel =
              FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(digest(channel)), channel.size() - DIGEST_BYTES);
          }
        });
  }

  /**
   * Opens a checkpoint file after checking its digest.
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

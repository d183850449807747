package io.graft.weights;

import io.graft.runtime.WeightsException;
import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorReads;
import io.graft.tensors.TensorSource;
import io.graft.tensors.ZipDirectory;
import io.graft.weights.keras.Hdf5File;
import io.graft.weights.keras.KerasWeights;
import io.graft.weights.pytorch.PyTorchCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;

/** Opens weights files of every kind that Graft reads. Detects the kind by content. */
public final class WeightFile {

  private static final int SNIFFED_BYTES = 16;

  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /** The first bytes of a pickle: the opcode PROTO and protocol 2, which PyTorch writes. */
  private static final byte[] PICKLE_2 = {(byte) 0x80, 2};

  private static final int SAFETENSORS_LENGTH_BYTES = 8;

  private WeightFile() {}

  /**
   * Opens a safetensors file, a PyTorch checkpoint (zip, legacy or TorchScript), a Keras HDF5 file
   * or a {@code .keras} archive. The name of the file does not matter.
   *
   * @throws WeightsException if the file cannot be read, is of another kind, or is damaged
   */
  public static TensorSource open(Path path) {
    byte[] first;
    boolean keras = false;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      first = Channels.newInputStream(channel).readNBytes(SNIFFED_BYTES);
      if (begins(first, ZIP)) {
        keras = new ZipDirectory(channel).contains(KerasWeights.ARCHIVED_WEIGHTS);
      }
    } catch (MalformedCheckpointException e) {
      throw new WeightsException(
          String.format(
              "Not a usable weight file: %s: %s. Expected a whole archive as PyTorch or Keras"
                  + " saves it; copy or save it again.",
              path, e.getMessage()),
          e);
    } catch (IOException e) {
      throw TensorReads.cannotRead(path, "file of weights", e);
    }
    if (Hdf5File.isBegunBy(first)) {
      return KerasWeights.open(path);
    } else if (begins(first, ZIP)) {
      return keras ? KerasWeights.openArchive(path) : PyTorchCheckpoint.open(path);
    } else if (isSafetensors(first)) {
      return SafetensorsFile.open(path);
    } else if (begins(first, PICKLE_2)) {
      return PyTorchCheckpoint.open(path);
    }
    throw unknown(path, first);
  }

  /** Returns whether a file begins with a length and JSON. The reader checks the length. */
  private static boolean isSafetensors(byte[] first) {
    return first.length > SAFETENSORS_LENGTH_BYTES
        && first[SAFETENSORS_LENGTH_BYTES] == '{'
        && ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong() >= 2;
  }

  private static boolean begins(byte[] first, byte[] signature) {
    return first.length >= signature.length
        && Arrays.equals(first, 0, signature.length, signature, 0, signature.length);
  }

  private static WeightsException unknown(Path path, byte[] first) {
    StringBuilder shown = new StringBuilder();
    for (byte b : first) {
      shown.append(b >= ' ' && b < 0x7f ? (char) b : '.');
    }
    return new WeightsException(
        String.format(
            "Not a weight file: %s%s. Expected a safetensors file, a PyTorch checkpoint (zip,"
                + " legacy or TorchScript), a Keras HDF5 file or a .keras archive; check that the"
                + " download is the file itself and not a page or a pointer to it.",
            path,
            first.length == 0
                ? " is empty"
                : " begins with the bytes "
                    + HexFormat.of().formatHex(first)
                    + " ('"
                    + shown
                    + "')"));
  }
}

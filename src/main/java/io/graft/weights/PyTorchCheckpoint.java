package io.graft.weights;

import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A PyTorch file open for reading, as {@code torch.save} writes a state dict (the zip form and the
 * one before it) or {@code torch.jit.save} a module, told apart by content. Nothing in it is run:
 * its pickle may name only what weights need. Opening reads the pickle and not the weights. Safe
 * for use by several threads at once.
 *
 * <p>The tensors are those of the dictionary at the top or under {@code state_dict} or {@code
 * model}; the prefix {@code module.} is left out where all names have it. Of a TorchScript module
 * they are the tensor attributes (parameters and buffers) by path, such as {@code
 * features.0.weight}.
 */
public final class PyTorchCheckpoint implements TensorSource {

  /** How many bytes from a file's beginning {@link #looksLike} needs to decide well. */
  public static final int HEAD_BYTES = 512;

  private final Path path;
  private final FileChannel channel;
  private final Map<String, StoredTensor> stored;
  private final Map<String, TensorInfo> tensors;

  private PyTorchCheckpoint(Path path, FileChannel channel, Map<String, StoredTensor> stored) {
    this.path = path;
    this.channel = channel;
    this.stored = stored;
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    stored.forEach((name, tensor) -> infos.put(name, tensor.info()));
    this.tensors = Collections.unmodifiableMap(infos);
  }

  /**
   * Tells whether a file is likely a PyTorch file in one of the forms that are read.
   *
   * @param head the file's first {@link #HEAD_BYTES} bytes, or all of a shorter file
   */
  public static boolean looksLike(byte[] head) {
    return PyTorchZip.looksLike(head) || PyTorchLegacy.looksLike(head);
  }

  /**
   * Opens a file.
   *
   * @throws WeightsException if it cannot be read, is damaged, or asks for anything but weights
   */
  public static PyTorchCheckpoint open(Path path) {
    FileChannel channel = null;
    boolean opened = false;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      PyTorchCheckpoint checkpoint = new PyTorchCheckpoint(path, channel, parse(channel));
      opened = true;
      return checkpoint;
    } catch (MalformedCheckpointException e) {
      throw new WeightsException(
          "Not a usable PyTorch file: "
              + path
              + ": "
              + e.getMessage()
              + ". Expected a whole file that torch.save(model.state_dict(), ...) or"
              + " torch.jit.save wrote; copy it again, or, if you trust it, load it in PyTorch and"
              + " save its state_dict alone.");
    } catch (IOException e) {
      throw cannotRead(path, e);
    } finally {
      if (!opened) {
        closeQuietly(channel);
      }
    }
  }

  private static Map<String, StoredTensor> parse(FileChannel channel)
      throws IOException, MalformedCheckpointException {
    ByteBuffer head = ByteBuffer.allocate((int) Math.min(HEAD_BYTES, channel.size()));
    PickleInput.readFully(channel, 0, head);
    boolean zip = head.limit() >= 4 && head.getInt(0) == ZipDirectory.LOCAL_SIGNATURE;
    if (zip) {
      return PyTorchZip.read(channel);
    }
    if (PyTorchLegacy.looksLike(head.array())) {
      return PyTorchLegacy.read(channel);
    }
    throw new MalformedCheckpointException(
        "it begins neither as a zip archive nor with the magic number of older PyTorch files");
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public String description() {
    return path.toString();
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    StoredTensor tensor = stored.get(name);
    if (tensor == null) {
      throw new WeightsException(
          "No tensor '" + name + "' in " + path + "; it has " + stored.size() + " others.");
    }
    TensorInfo info = tensor.info();
    if (!info.type().isFloatingPoint()) {
      throw new WeightsException(
          "Tensor '"
              + name
              + "' of "
              + path
              + " has dtype "
              + info.type()
              + "; weights are expected in F32, F16, BF16 or F64.");
    }
    long count = destination.remaining() / Float.BYTES;
    if (firstElement < 0 || firstElement > info.elements() - count) {
      throw new WeightsException(
          "Tensor '"
              + name
              + "' of "
              + path
              + " has "
              + info.elements()
              + " elements; "
              + count
              + " were asked for from element "
              + firstElement
              + ".");
    }
    try {
      tensor.readFloat32(channel, firstElement, destination);
    } catch (IOException e) {
      throw cannotRead(path, e);
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static WeightsException cannotRead(Path path, IOException e) {
    return new WeightsException(
        "Cannot read "
            + path
            + ": "
            + e.getClass().getSimpleName()
            + ": "
            + e.getMessage()
            + ". Expected a readable PyTorch file; check the path and its permissions.",
        e);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Nothing was written, so nothing can be lost.
    }
  }
}

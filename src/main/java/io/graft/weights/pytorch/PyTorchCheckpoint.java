package io.graft.weights.pytorch;

import io.graft.runtime.WeightsException;
import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorReads;
import io.graft.tensors.TensorSource;
import io.graft.tensors.ZipDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An open PyTorch file: a state dict of {@code torch.save} (zip or legacy) or a module of {@code
 * torch.jit.save}, detected by content. No code from the file runs: its pickle may name only the
 * globals that weights need. Opening reads the pickle but not the weights. Several threads may use
 * it at once.
 *
 * <p>The tensors are those of the dictionary at the top or under {@code state_dict} or {@code
 * model}. The prefix {@code module.} is removed if all names have it. For a TorchScript module they
 * are the tensor attributes (parameters and buffers) by path, such as {@code features.0.weight}.
 */
public final class PyTorchCheckpoint implements TensorSource {

  /** The number of first bytes that are needed to distinguish the formats. */
  private static final int HEAD_BYTES = 64;

  private static final String KIND = "PyTorch file";

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
   * Opens a file.
   *
   * @throws WeightsException if the file cannot be read, is damaged, or names globals that weights
   *     do not need
   */
  public static PyTorchCheckpoint open(Path path) {
    return TensorReads.open(
        path,
        KIND,
        "a whole file that torch.save(model.state_dict(), ...) or torch.jit.save wrote; copy it"
            + " again, or, if you trust it, load it in PyTorch and save its state_dict alone",
        channel -> new PyTorchCheckpoint(path, channel, parse(channel)));
  }

  private static Map<String, StoredTensor> parse(FileChannel channel)
      throws IOException, MalformedCheckpointException {
    ByteBuffer head = ByteBuffer.allocate((int) Math.min(HEAD_BYTES, channel.size()));
    TensorReads.readFully(channel, 0, head);
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
  public Optional<String> version() {
    return TensorReads.version(path);
  }

  @Override
  public String description() {
    return path.toString();
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    TensorReads.requireFloats(tensors, name, firstElement, destination, path);
    try {
      stored.get(name).readFloat32(channel, firstElement, destination);
    } catch (IOException e) {
      throw TensorReads.cannotRead(path, KIND, e);
    }
  }

  @Override
  public void close() {
    TensorReads.closeQuietly(channel);
  }
}

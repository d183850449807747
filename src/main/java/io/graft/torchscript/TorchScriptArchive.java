package io.graft.torchscript;

import ai.djl.ndarray.types.Shape;
import io.graft.tensors.TensorSource;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a TorchScript archive, which {@code torch.jit.load} and libtorch read: a zip file with the
 * source text of one class, a pickle of its one instance, and the tensors of that instance. Tensors
 * are float32 and are written in pieces.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/csrc/jit/docs/serialization.md">PyTorch's
 *     serialization.md</a>
 */
public final class TorchScriptArchive implements Closeable {

  /** The folder of all entries. libtorch accepts any name. */
  private static final String FOLDER = "graft/";

  /** The archive version, which libtorch writes if no newer feature is used. */
  private static final String FORMAT_VERSION = "3\n";

  private final StoredZip zip;
  private int storages;

  private TorchScriptArchive(StoredZip zip) {
    this.zip = zip;
  }

  /** Begins an archive in a file, which is created or overwritten. */
  public static TorchScriptArchive create(Path file) throws IOException {
    return new TorchScriptArchive(StoredZip.create(file));
  }

  /** Copies a tensor into the archive, converted to float32. */
  public StoredTensor add(TensorSource source, String name, Shape shape) throws IOException {
    zip.begin(FOLDER + "data/" + storages);
    ParameterArrays.forEachPiece(source, name, shape, zip::write);
    zip.end();
    return new StoredTensor(storages++, shape);
  }

  /** Adds a tensor with the given values to the archive. */
  public StoredTensor add(Shape shape, List<Float> values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putFloat);
    entry("data/" + storages, bytes.array());
    return new StoredTensor(storages++, shape);
  }

  /**
   * Completes the archive.
   *
   * @param className the class of the module
   * @param source the content of {@code code/__torch__.py}, which is the class in TorchScript's
   *     serialized form; its {@code __setstate__} takes one tuple
   * @param state the elements of that tuple: each a {@link StoredTensor}, a list of these, a {@code
   *     Boolean}, a {@code Double}, an {@code Integer} or a {@code String}
   */
  public void finish(String className, String source, List<?> state) throws IOException {
    entry("data.pkl", new Pickle().object(className, state).finish());
    entry("code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
    entry("constants.pkl", new Pickle().tuple(List.of()).finish());
    entry("version", FORMAT_VERSION.getBytes(StandardCharsets.US_ASCII));
    entry("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    zip.finish();
  }

  private void entry(String name, byte[] content) throws IOException {
    zip.begin(FOLDER + name);
    zip.write(ByteBuffer.wrap(content));
    zip.end();
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}

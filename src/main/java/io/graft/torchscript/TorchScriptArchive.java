package io.graft.torchscript;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript archive, which {@code torch.jit.load} and libtorch read: a zip file with the
 * source text of one class and a pickle of its one instance. The archive has no tensors: a module
 * gets its parameters from calls.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/csrc/jit/docs/serialization.md">PyTorch's
 *     serialization.md</a>
 */
final class TorchScriptArchive {

  /** The folder of all entries. libtorch accepts any name. */
  private static final String FOLDER = "graft/";

  /** The archive version, which libtorch writes if no newer feature is used. */
  private static final String FORMAT_VERSION = "3\n";

  /**
   * A pickle, of protocol 2, of an instance whose {@code __setstate__} takes the tuple {@code
   * (False,)}. Each opcode is a character; {@code c} names a class, {@code t} makes a tuple of what
   * follows the mark {@code (}, and {@code b} calls {@code __setstate__}.
   */
  private static final String INSTANCE = "\u0080\u0002c__torch__\n%s\n)\u0081(\u0089tb.";

  /** A pickle of the empty tuple. */
  private static final String NO_CONSTANTS = "\u0080\u0002(t.";

  private TorchScriptArchive() {}

  /**
   * Returns an archive.
   *
   * @param className the class of the module, in ASCII
   * @param source the content of {@code code/__torch__.py}, which is the class in TorchScript's
   *     serialized form; its {@code __setstate__} takes {@code Tuple[bool]}
   */
  static byte[] of(String className, String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      add(zip, "data.pkl", INSTANCE.formatted(className).getBytes(StandardCharsets.ISO_8859_1));
      add(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      add(zip, "constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
      add(zip, "version", FORMAT_VERSION.getBytes(StandardCharsets.US_ASCII));
      add(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(FOLDER + name);
    CRC32 checksum = new CRC32();
    checksum.update(content);
    entry.setCrc(checksum.getValue());
    entry.setSize(content.length);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}

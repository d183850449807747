package io.graft.cuda;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Compiles Graft's kernels and keeps the binaries in a folder. Each is a file that begins with the
 * SHA-256 of the rest. It is named by the SHA-256 of text, options and the compiler's version.
 * Damaged files are compiled again, and a folder that cannot be written only costs time.
 *
 * @param folder the folder, which need not exist
 */
record KernelBinaries(Path folder) {

  private static final int DIGEST_CHARACTERS = 64;

  /** Returns the CUDA C text of all kernels. */
  static String text() {
    try (InputStream text = KernelBinaries.class.getResourceAsStream("kernels.cu")) {
      if (text == null) {
        throw new KernelException("Graft was built without the text of its kernels.");
      }
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the options of the compiler.
   *
   * @param computeCapability the compute capability of the GPU, such as 90 for 9.0
   */
  static List<String> options(int computeCapability, ElementType type) {
    return List.of("-arch=sm_" + computeCapability, "-D" + type.name());
  }

  /**
   * Returns the binary of all kernels.
   *
   * @throws KernelException if they do not compile
   */
  byte[] of(Nvrtc compiler, int computeCapability, ElementType type) {
    String text = text();
    List<String> options = options(computeCapability, type);
    String about = "nvrtc " + compiler.version() + "\n" + options + "\n" + text;
    String name = Sha256.of(about.getBytes(StandardCharsets.UTF_8));
    Path file = folder.resolve(name + ".cubin");
    return read(file).orElseGet(() -> keep(file, compiler.compile(text, options)));
  }

  private static Optional<byte[]> read(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      if (all.length > DIGEST_CHARACTERS) {
        byte[] binary = Arrays.copyOfRange(all, DIGEST_CHARACTERS, all.length);
        String digest = new String(all, 0, DIGEST_CHARACTERS, StandardCharsets.US_ASCII);
        return Optional.of(binary).filter(found -> Sha256.of(found).equals(digest));
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static byte[] keep(Path file, byte[] binary) {
    byte[] digest = Sha256.of(binary).getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(digest, digest.length + binary.length);
    System.arraycopy(binary, 0, all, digest.length, binary.length);
    try {
      DurableFiles.writeFile(file, path -> Files.write(path, all));
    } catch (OutputException e) {
      // Every process compiles the kernels again, which takes a third of a second.
    }
    return binary;
  }
}

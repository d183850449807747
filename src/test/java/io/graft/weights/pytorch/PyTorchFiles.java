package io.graft.weights.pytorch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The PyTorch files among the test resources, and pickles built by hand. */
public final class PyTorchFiles {

  private static final String LEGACY_HEAD =
      "80028a0a6cfc9c46f9206aa850192e" // 0x1950a86a20f9469cfc6c
          + "80024de9032e" // 1001
          + "80027d580d0000006c6974746c655f656e6469616e88732e"; // {"little_endian": True}

  private PyTorchFiles() {}

  static Path resource(String name) {
    try {
      return Path.of(PyTorchFiles.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the files that PyTorch can read, sorted. */
  static List<Path> good() {
    return list("/pytorch");
  }

  /** Returns the files that must be refused, sorted. */
  static List<Path> hostile() {
    return list("/pytorch/hostile");
  }

  private static List<Path> list(String folder) {
    try (Stream<Path> files = Files.list(resource(folder))) {
      return files.filter(f -> f.toString().matches(".*\\.pth?")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a legacy file whose values are the pickle of these instructions, without storages. */
  static byte[] legacy(byte[]... instructions) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(HexFormat.of().parseHex(LEGACY_HEAD));
    file.writeBytes(bytes(0x80, 2));
    for (byte[] instruction : instructions) {
      file.writeBytes(instruction);
    }
    file.writeBytes(ascii("."));
    file.writeBytes(bytes(0x80, 2, ']', '.'));
    return file.toByteArray();
  }

  static byte[] repeat(int times, byte[] instructions) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < times; i++) {
      all.writeBytes(instructions);
    }
    return all.toByteArray();
  }

  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}

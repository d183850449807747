package io.graft.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The files that a saved model may have. Whatever else is in a folder is not the model's. */
enum ModelFile {
  /** Everything but tensors, with the SHA-256 of the other files and of itself. */
  CARD("graft.json"),
  /** The trained parameters, float32. */
  HEAD("head.safetensors"),
  /** A class per line, in label order, for other tools. */
  SYNSET("synset.txt"),
  /** Of the training rows; absent where none were kept. */
  STATISTICS("statistics.safetensors"),
  /** Reserved for the frozen layers, the digests of images, other tools and people. */
  FROZEN("frozen.safetensors"),
  DIGESTS("digests.bin"),
  CONFIG("config.json"),
  REPORT("report.html");

  private final String fileName;

  ModelFile(String fileName) {
    this.fileName = fileName;
  }

  String fileName() {
    return fileName;
  }

  Path in(Path folder) {
    return folder.resolve(fileName);
  }

  /** Whether a file of some folder is called as one of a model's. */
  static boolean isOne(Path file) {
    return !Files.isDirectory(file)
        && Stream.of(values()).anyMatch(one -> file.endsWith(one.fileName));
  }
}

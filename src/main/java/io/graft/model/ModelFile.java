package io.graft.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A file that a saved model may have. Any other file in the folder is the user's. */
enum ModelFile {
  /** Everything except tensors, with the SHA-256 of the other files and of itself. */
  CARD("graft.json"),
  /** The trained parameters, float32. */
  HEAD("head.safetensors"),
  /** One class per line, in label order, for other tools. */
  SYNSET("synset.txt"),
  /** The statistics of the training rows; absent if the rows were not stored. */
  STATISTICS("statistics.safetensors"),
  /** Reserved names: frozen layers, digests of images, a description for other tools, a report. */
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

  /** Returns whether a file has one of these names. */
  static boolean isOne(Path file) {
    return !Files.isDirectory(file)
        && Stream.of(values()).anyMatch(one -> file.endsWith(one.fileName));
  }
}

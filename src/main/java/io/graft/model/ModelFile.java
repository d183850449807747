package io.graft.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The files that a saved model may have. Any other file in the folder belongs to the user. */
enum ModelFile {
  /** The card: everything except tensors, and the SHA-256 of the other files and of the card. */
  CARD("graft.json"),
  /** The trained parameters, float32. */
  HEAD("head.safetensors"),
  /** The names of the classes in label order, one per line, for other tools. */
  SYNSET("synset.txt"),
  /** The statistics of the training rows; absent if the rows were not stored. */
  STATISTICS("statistics.safetensors"),
  /** The digests of the training images; absent if they were left out or removed. */
  DIGESTS("digests.bin"),
  /** The frozen layers. This name and the next two are reserved and not written yet. */
  FROZEN("frozen.safetensors"),
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

  /** Returns whether a path is a file with one of these names. */
  static boolean isOne(Path file) {
    return !Files.isDirectory(file)
        && Stream.of(values()).anyMatch(one -> file.endsWith(one.fileName));
  }
}

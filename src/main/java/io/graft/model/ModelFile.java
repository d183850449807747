package io.graft.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Lists the files that a saved model may have; any other file is somebody's own. */
enum ModelFile {
  /** Everything but tensors, with the SHA-256 of the other files and of itself. */
  CARD("graft.json"),
  /** The trained parameters, float32. */
  HEAD("head.safetensors"),
  /** A class per line, in label order, for other tools. */
  SYNSET("synset.txt"),
  /** Of the training rows; absent where none were kept. */
  STATISTICS("statistics.safetensors"),
  /** Reserved: the frozen layers, the digests of images, a description for other tools, a page. */
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

  /** Tells whether a file has the name of one of a model's. */
  static boolean isOne(Path file) {
    return !Files.isDirectory(file)
        && Stream.of(values()).anyMatch(one -> file.endsWith(one.fileName));
  }
}

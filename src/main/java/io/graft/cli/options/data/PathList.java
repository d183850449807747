package io.graft.cli.options.data;

import io.graft.runtime.BadDataException;
import io.graft.runtime.FileFailure;
import io.graft.runtime.FileNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads lists of paths: UTF-8 text with one path per line. If the text has a NUL, paths end with
 * NULs instead, as {@code find -print0} writes them.
 */
final class PathList {

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private PathList() {}

  static List<Path> ofStandardInput() {
    try {
      return parse("standard input", System.in.readAllBytes());
    } catch (IOException e) {
      throw cannotRead("standard input", e);
    }
  }

  static List<Path> of(Path file) {
    try {
      return parse(file.toString(), Files.readAllBytes(file));
    } catch (IOException e) {
      throw cannotRead(file.toString(), e);
    }
  }

  static List<Path> parse(String source, byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadDataException(
          ("The list of paths in %s is not UTF-8 text. Expected one path per line in UTF-8. Name"
                  + " the folder of the images instead.")
              .formatted(source),
          e);
    }
    if (text.startsWith(BYTE_ORDER_MARK)) {
      text = text.substring(BYTE_ORDER_MARK.length());
    }
    boolean lines = text.indexOf('\0') < 0;
    List<Path> paths = new ArrayList<>();
    int number = 0;
    for (String part : text.split(lines ? "\r?\n" : "\0", -1)) {
      number++;
      if (!part.isEmpty()) {
        paths.add(path(source, number, part));
      }
    }
    return paths;
  }

  private static Path path(String source, int number, String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new BadDataException(
          "Path %s in %s is no path on this machine: %s. %s"
              .formatted(
                  number,
                  source,
                  e.getMessage(),
                  FileNames.holdAllLetters() ? "Correct or remove it." : FileNames.remedy()),
          e);
    }
  }

  private static BadDataException cannotRead(String source, IOException cause) {
    return new BadDataException(
        ("Cannot read the list of paths %s: %s. Expected a file with one path per line after @. If"
                + " the name of an image begins with @, write ./ before it.")
            .formatted(source, FileFailure.reason(cause)),
        cause);
  }
}

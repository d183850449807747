package io.graft.model;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.graft.eval.Decision;
import io.graft.eval.FeatureStatistics;
import io.graft.features.ContentDigests;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.FileKind;
import io.graft.runtime.GraftException;
import io.graft.runtime.OutputException;
import io.graft.runtime.Sha256;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Writes and reads the {@linkplain ModelFile files of a saved model}. */
final class ModelFolder {

  private static final int FORMAT = 1;

  private static final String KEY_FORMAT = "format";
  private static final String KEY_CLASSES = "classes";
  private static final String KEY_FILES = "files";
  private static final String KEY_SHA256 = "sha256";

  private ModelFolder() {}

  /** The content of a model folder except the tensors of the trained layers. */
  record Content(
      ModelCard card,
      List<String> classes,
      Optional<FeatureStatistics> statistics,
      Optional<ContentDigests> digests) {

    Content {
      classes = List.copyOf(classes);
    }

    Content withoutDigests() {
      return new Content(card, classes, statistics, Optional.empty());
    }
  }

  /**
   * Checks that a model can be saved in a folder later.
   *
   * @throws OutputException if the folder cannot be written, or holds other files than a model
   */
  static void requireWritable(Path folder) {
    DurableFiles.requireWritable(folder);
    if (!Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new OutputException(
          folder
              + " exists and is not a Graft model: it is a file. It is left as it is. Name a new"
              + " folder.");
    }
    try (Stream<Path> entries = Files.list(folder)) {
      // If there is no card, a file with one of these names may belong to the user.
      boolean isModel = Files.isRegularFile(ModelFile.CARD.in(folder));
      Optional<Path> foreign =
          entries.filter(entry -> !isModel || !ModelFile.isOne(entry)).sorted().findFirst();
      if (foreign.isPresent()) {
        throw new OutputException(
            folder
                + (isModel
                    ? " holds a Graft model and also "
                    : " exists and is not a Graft model: it holds ")
                + foreign.get().getFileName()
                + (isModel ? "" : " and no " + ModelFile.CARD.fileName())
                + ". It is left as it is. Name a new folder, or move those files away.");
      }
      // Saving replaces a folder by renaming it, and a mount point cannot be renamed.
      Path parent = folder.toAbsolutePath().normalize().getParent();
      if (!Files.getFileStore(folder).equals(Files.getFileStore(parent))) {
        throw new OutputException(
            ("%s is the root of a mounted file system and cannot be replaced in one step. Name a"
                    + " folder in it, such as %s.")
                .formatted(folder, folder.resolve("model")));
      }
    } catch (IOException e) {
      throw new OutputException("Cannot read " + folder + ": " + FileFailure.reason(e) + ".", e);
    }
  }

  /** Writes a model. If writing fails, leaves the folder as it was. */
  static void write(Path folder, Content content, Map<TensorInfo, ByteBuffer> head) {
    List<String> classes = content.classes();
    requireWritable(folder);
    DurableFiles.writeFolder(
        folder,
        temporary -> {
          Files.createDirectory(temporary);
          SafetensorsWriter.write(ModelFile.HEAD.in(temporary), Map.of("format", "pt"), head);
          List<String> lines = classes.stream().map(name -> name.replaceAll("\\R", " ")).toList();
          Files.writeString(ModelFile.SYNSET.in(temporary), String.join("\n", lines) + "\n");
          if (content.statistics().isPresent()) {
            ModelTensors.writeStatistics(
                ModelFile.STATISTICS.in(temporary), content.statistics().get());
          }
          if (content.digests().isPresent()) {
            DigestsFile.write(ModelFile.DIGESTS.in(temporary), content.digests().get());
          }
          JsonObject json = new JsonObject();
          json.addProperty(KEY_FORMAT, FORMAT);
          content
              .card()
              .toJson()
              .entrySet()
              .forEach(entry -> json.add(entry.getKey(), entry.getValue()));
          // The card has the classes too, because the synset cannot hold names with line breaks.
          json.add(KEY_CLASSES, new Gson().toJsonTree(classes));
          JsonObject files = new JsonObject();
          for (ModelFile file : ModelFile.values()) {
            if (Files.exists(file.in(temporary))) {
              files.addProperty(file.fileName(), sha256(file.in(temporary)));
            }
          }
          json.add(KEY_FILES, files);
          json.addProperty(KEY_SHA256, sha256(json));
          // Write members that are null too, because the digest covers them.
          Gson pretty =
              new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();
          Files.writeString(ModelFile.CARD.in(temporary), pretty.toJson(json) + "\n");
        });
  }

  /**
   * Checks the digest of every file, then reads everything except the head's tensors.
   *
   * @throws BadDataException if the folder is not a model, or one of its files is damaged
   */
  static Content read(Path folder) {
    Path cardFile = ModelFile.CARD.in(folder);
    if (kind(cardFile) != FileKind.FILE) {
      throw new BadDataException(
          folder
              + " is not a Graft model: "
              + switch (kind(folder)) {
                case FOLDER -> "it has no " + cardFile.getFileName();
                case MISSING -> "there is no such folder";
                default -> "it is a file";
              }
              + ". Expected a folder that a training has written.");
    }
    try {
      JsonObject json = parse(new String(content(cardFile), StandardCharsets.UTF_8));
      int format = ModelCard.member(json, KEY_FORMAT).getAsInt();
      if (format != FORMAT) {
        throw new BadDataException(
            "%s has model format %s and this Graft reads format %s. Use the Graft that wrote it."
                .formatted(folder, format, FORMAT));
      }
      String expected = ModelCard.member(json, KEY_SHA256).getAsString();
      json.remove(KEY_SHA256);
      if (!expected.equals(sha256(json))) {
        throw damaged(cardFile, "its content does not match the SHA-256 in it");
      }
      JsonObject files = ModelCard.member(json, KEY_FILES).getAsJsonObject();
      for (ModelFile file : ModelFile.values()) {
        boolean always = file == ModelFile.HEAD || file == ModelFile.SYNSET;
        if (always || (files.has(file.fileName()) && !isRemoved(file, folder))) {
          requireWhole(file.in(folder), ModelCard.member(files, file.fileName()).getAsString());
        }
      }
      List<String> classes = ModelCard.list(json, KEY_CLASSES, JsonElement::getAsString);
      ModelCard card = ModelCard.fromJson(json);
      if (card.decision() instanceof Decision.AtThresholds at
          && at.thresholds().size() != classes.size()) {
        throw new IllegalStateException(
            "it has " + at.thresholds().size() + " thresholds for " + classes.size() + " classes");
      }
      // The statistics treat the rows of multi-label images as one group.
      int groups = card.multiLabel() ? 1 : classes.size();
      Optional<FeatureStatistics> statistics =
          files.has(ModelFile.STATISTICS.fileName())
              ? Optional.of(ModelTensors.readStatistics(ModelFile.STATISTICS.in(folder), groups))
              : Optional.empty();
      return new Content(card, classes, statistics, digests(folder, files));
    } catch (GraftException e) {
      throw e;
    } catch (JsonParseException | MalformedJsonException e) {
      throw damaged(cardFile, "it is not JSON");
    } catch (IOException e) {
      throw damaged(cardFile, "it cannot be parsed (" + e + ")");
    } catch (RuntimeException e) {
      throw damaged(cardFile, "it is not what train writes (" + e.getMessage() + ")");
    }
  }

  /** Returns whether a user has removed the digests, as the documentation allows. */
  private static boolean isRemoved(ModelFile file, Path folder) {
    return file == ModelFile.DIGESTS && kind(file.in(folder)) == FileKind.MISSING;
  }

  private static Optional<ContentDigests> digests(Path folder, JsonObject files)
      throws IOException {
    Path file = ModelFile.DIGESTS.in(folder);
    if (!files.has(ModelFile.DIGESTS.fileName()) || isRemoved(ModelFile.DIGESTS, folder)) {
      return Optional.empty();
    }
    try {
      return Optional.of(DigestsFile.read(file));
    } catch (IllegalArgumentException e) {
      throw damaged(file, e.getMessage());
    }
  }

  private static void requireWhole(Path file, String digest) {
    if (!digest.equals(Sha256.of(content(file)))) {
      throw damaged(file, "its content does not match the SHA-256 in " + ModelFile.CARD.fileName());
    }
  }

  /** Parses JSON strictly, because Gson's default mode accepts many damaged texts. */
  private static JsonObject parse(String text) throws IOException {
    try (JsonReader reader = new JsonReader(new StringReader(text))) {
      reader.setStrictness(Strictness.STRICT);
      JsonObject json = JsonParser.parseReader(reader).getAsJsonObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new JsonParseException("text after the object");
      }
      return json;
    }
  }

  /** Returns the bytes of a file. A file that cannot be read is not called damaged. */
  private static byte[] content(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw damaged(file, "it is missing");
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static FileKind kind(Path path) {
    try {
      return FileKind.of(path);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static BadDataException unreadable(Path path, IOException cause) {
    boolean file = path.endsWith(ModelFile.CARD.fileName()) || ModelFile.isOne(path);
    String reason = FileFailure.reason(cause);
    return new BadDataException(
        ("Cannot read the model %s: %s%s. Expected a folder and files that you may read. Change"
                + " their permissions, or copy the model again.")
            .formatted(
                file ? path.getParent() : path,
                reason.contains(path.toString()) ? "" : path + ": ",
                reason),
        cause);
  }

  private static BadDataException damaged(Path file, String how) {
    return new BadDataException(
        "Damaged model: " + file + ": " + how + ". Copy the model again, or train it again.");
  }

  private static String sha256(Path file) throws IOException {
    return Sha256.of(Files.readAllBytes(file));
  }

  private static String sha256(JsonObject json) {
    return new Sha256().add(json.toString()).hex();
  }
}

package io.graft.features;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.graft.data.LabeledImages;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileGroup;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * A file of features for other tools, with one row per image, in the order of the images. Its texts
 * are the JSON arrays "paths" and "classes" and what the caller adds. A label is the position of a
 * class. Multi-label images also have {@code label_sets}, an array of arrays of such positions; a
 * label is then a position in it. Images without labels have neither labels nor classes.
 */
public record FeatureFile(Path path, FeatureFile.Format format) {

  /** The formats of files of features. */
  public enum Format {
    /** One file with the tensors {@code features} and {@code labels}, and the texts as metadata. */
    SAFETENSORS,
    /**
     * NumPy's format 1.0: the features in the named file, the labels next to it in one that ends in
     * {@code .labels.npy}, and the texts as an object in one that ends in {@code .json}.
     */
    NPY
  }

  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
  private static final String NPY_ENDING = ".npy";

  /** Returns the files that are written for images with or without labels, the features first. */
  public List<Path> files(boolean labeled) {
    if (format == Format.SAFETENSORS) {
      return List.of(path);
    }
    return labeled ? List.of(path, labels(), texts()) : List.of(path, texts());
  }

  private Path labels() {
    return sibling(".labels" + NPY_ENDING);
  }

  private Path texts() {
    return sibling(".json");
  }

  private Path sibling(String ending) {
    String name = path.getFileName().toString();
    String stem =
        name.endsWith(NPY_ENDING) ? name.substring(0, name.length() - NPY_ENDING.length()) : name;
    return path.resolveSibling(stem + ending);
  }

  /**
   * Checks that the files can be written later.
   *
   * @param bytes the size that the features will have at least
   * @throws io.graft.runtime.OutputException if one of them cannot be written
   */
  public void requireWritable(long bytes) {
    DurableFiles.requireWritableFile(path, bytes);
    files(true).forEach(file -> DurableFiles.requireWritableFile(file, 0));
  }

  void write(LabeledImages images, Extraction rows, Map<String, String> given) {
    boolean labeled = !images.classes().isEmpty();
    JsonObject texts = new JsonObject();
    given.forEach(texts::addProperty);
    if (labeled) {
      texts.add("classes", GSON.toJsonTree(images.classes()));
    }
    texts.add("paths", GSON.toJsonTree(rows.images().stream().map(images::relativePath).toList()));
    if (labeled && images.labelSets().multiLabel()) {
      texts.add("label_sets", GSON.toJsonTree(images.labelSets().sets()));
    }
    if (format == Format.SAFETENSORS) {
      DurableFiles.writeFile(
          path, temporary -> writeSafetensors(temporary, rows.store(), labeled, metadata(texts)));
    } else {
      writeNpy(rows.store(), labeled, texts);
    }
  }

  /** Returns texts for a file whose metadata are strings: an array becomes its JSON. */
  private static Map<String, String> metadata(JsonObject texts) {
    Map<String, String> metadata = new LinkedHashMap<>();
    texts
        .entrySet()
        .forEach(
            text ->
                metadata.put(
                    text.getKey(),
                    text.getValue().isJsonArray()
                        ? GSON.toJson(text.getValue())
                        : text.getValue().getAsString()));
    return metadata;
  }

  /** Opens what {@link #write} has written. */
  FeatureStore open(FeatureStore written) {
    return format == Format.SAFETENSORS ? FeatureStore.open(path) : NpyFile.open(path, written);
  }

  private static void writeSafetensors(
      Path file, FeatureStore store, boolean labeled, Map<String, String> metadata)
      throws IOException {
    List<TensorInfo> tensors = new ArrayList<>();
    tensors.add(new TensorInfo(ShardBuffer.FEATURES, store.type(), shape(store)));
    if (labeled) {
      tensors.add(
          new TensorInfo(FeatureStore.LABELS, TensorType.I64, List.of((long) store.rows())));
    }
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, metadata, tensors)) {
      writeRows(store, writer::append);
      if (labeled) {
        writer.append(labels(store));
      }
      writer.finish(metadata, tensors);
    }
  }

  private void writeNpy(FeatureStore store, boolean labeled, JsonObject texts) {
    Map<Path, DurableFiles.Content> files = new LinkedHashMap<>();
    files.put(texts(), temporary -> Files.writeString(temporary, GSON.toJson(texts) + "\n"));
    if (labeled) {
      files.put(
          labels(),
          temporary ->
              NpyFile.write(
                  temporary,
                  TensorType.I64,
                  List.of((long) store.rows()),
                  rows -> rows.append(labels(store))));
    }
    files.put(
        path,
        temporary ->
            NpyFile.write(temporary, store.type(), shape(store), rows -> writeRows(store, rows)));
    FileGroup.write(files, labeled ? List.of() : List.of(labels()));
  }

  static List<Long> shape(FeatureStore store) {
    List<Long> shape = new ArrayList<>(List.of((long) store.rows()));
    LongStream.of(store.rowShape().getShape()).forEach(shape::add);
    return shape;
  }

  private static void writeRows(FeatureStore store, NpyFile.Bytes to) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(store.rowBytes());
    for (int row = 0; row < store.rows(); row++) {
      store.read(row, buffer.clear());
      to.append(buffer.flip());
    }
  }

  private static ByteBuffer labels(FeatureStore store) {
    ByteBuffer labels =
        ByteBuffer.allocate(store.rows() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < store.rows(); row++) {
      labels.putLong(store.label(row));
    }
    return labels.flip();
  }
}

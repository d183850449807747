package io.graft.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.BadImage;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import io.graft.weights.SafetensorsWriter;
import io.graft.weights.TensorInfo;
import io.graft.weights.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** Runs the frozen part over every picture of a set, once, and writes a feature file. */
public final class FeatureExtractor {

  private final FrozenPrefix prefix;
  private final OnBadImage onBadImage;
  private final Progress progress;

  /** Told of every picture that is done or passed over, on the thread that extracts. */
  public interface Progress {
    /** {@code done} of {@code total} pictures have their features. */
    void extracted(int done, int total);

    /** A picture could not be used. */
    void skipped(BadImage image);
  }

  /** An extractor that uses {@code prefix}, which stays its caller's to close. */
  public FeatureExtractor(FrozenPrefix prefix, OnBadImage onBadImage, Progress progress) {
    this.prefix = prefix;
    this.onBadImage = onBadImage;
    this.progress = progress;
  }

  /**
   * Extracts into a store that vanishes when it is closed.
   *
   * @throws OutputException if the temporary folder has too little room
   * @throws BadDataException if no picture can be used, or one cannot and that is to fail
   */
  public Extraction extract(LabeledImages images) {
    try {
      Path file = Files.createTempFile("graft-features-", ".safetensors");
      // For a process that is interrupted while it extracts.
      file.toFile().deleteOnExit();
      boolean written = false;
      try {
        requireRoom(file, images, TensorType.F16);
        Extraction extraction = write(file, images, TensorType.F16, Optional.empty());
        written = true;
        return extraction.withStore(FeatureStore.openTemporary(file));
      } finally {
        if (!written) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new OutputException(
          "Cannot keep the features in "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage()
              + ". Expected a temporary folder with room; name another with"
              + " GRAFT_JAVA_OPTS=-Djava.io.tmpdir=DIR.",
          e);
    }
  }

  /**
   * Extracts into a file for other tools: {@code features}, {@code labels}, and in its metadata
   * {@code classes} and {@code paths} as JSON arrays, rows in path order, besides what is given.
   *
   * @param type float16 or float32
   * @throws OutputException if the file cannot be written; nothing is left of it then
   */
  public Extraction extractTo(
      Path file, LabeledImages images, TensorType type, Map<String, String> metadata) {
    Extraction[] extraction = new Extraction[1];
    DurableFiles.writeFile(
        file, temporary -> extraction[0] = write(temporary, images, type, Optional.of(metadata)));
    return extraction[0].withStore(FeatureStore.open(file));
  }

  private Extraction write(
      Path file, LabeledImages images, TensorType type, Optional<Map<String, String>> described)
      throws IOException {
    long start = System.nanoTime();
    List<BadImage> skipped = new ArrayList<>();
    List<LabeledImage> rows = new ArrayList<>();
    Map<String, String> largest = metadata(described, images, images.images());
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(file, largest, tensors(images.images().size(), type))) {
      LoaderOptions options =
          LoaderOptions.defaults()
              .withBatchSize(prefix.plan().microBatch())
              .withOnBadImage(onBadImage);
      ImageLoader loader =
          new ImageLoader(
              images,
              prefix.input(),
              options,
              bad -> {
                skipped.add(bad);
                progress.skipped(bad);
              });
      try (Batches batches = loader.batches()) {
        while (batches.hasNext()) {
          try (ImageBatch batch = batches.next()) {
            append(writer, batch, type);
            for (int index : batch.indices()) {
              rows.add(images.images().get(index));
            }
          }
          progress.extracted(rows.size(), images.images().size() - skipped.size());
        }
      }
      if (rows.isEmpty()) {
        throw new BadDataException(
            "None of the "
                + images.images().size()
                + " pictures in "
                + images.source()
                + " can be used; the first: "
                + skipped.get(0).path()
                + ": "
                + skipped.get(0).reason()
                + ". Expected JPEG, PNG, GIF, BMP, TIFF or WebP files.");
      }
      writer.append(labels(rows));
      writer.finish(metadata(described, images, rows), tensors(rows.size(), type));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Extraction(null, List.copyOf(rows), List.copyOf(skipped), seconds);
  }

  private void append(SafetensorsWriter writer, ImageBatch batch, TensorType type)
      throws IOException {
    try (NDManager scratch = prefix.manager().newSubManager()) {
      NDArray activations = prefix.forward(scratch, batch.pixels(), batch.size());
      writer.append(StoredRows.of(activations, type).toByteBuffer());
    }
  }

  private List<TensorInfo> tensors(long rows, TensorType type) {
    List<Long> shape = new ArrayList<>(List.of(rows));
    LongStream.of(rowShape().getShape()).forEach(shape::add);
    return List.of(
        new TensorInfo(FeatureStore.FEATURES, type, shape),
        new TensorInfo(FeatureStore.LABELS, TensorType.I64, List.of(rows)));
  }

  private Shape rowShape() {
    return prefix.network().outputShape();
  }

  private static ByteBuffer labels(List<LabeledImage> rows) {
    ByteBuffer labels =
        ByteBuffer.allocate(rows.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    rows.forEach(row -> labels.putLong(row.label()));
    return labels.flip();
  }

  private static Map<String, String> metadata(
      Optional<Map<String, String>> described, LabeledImages images, List<LabeledImage> rows) {
    if (described.isEmpty()) {
      return Map.of();
    }
    Gson gson = new Gson();
    Map<String, String> all = new LinkedHashMap<>(described.get());
    all.put("classes", gson.toJson(images.classes()));
    all.put("paths", gson.toJson(rows.stream().map(images::relativePath).toList()));
    return all;
  }

  private void requireRoom(Path file, LabeledImages images, TensorType type) throws IOException {
    FileStore disk = Files.getFileStore(file);
    long needed = rowShape().size() * type.bytes() * images.images().size();
    if (disk.getUsableSpace() < needed) {
      throw new IOException(
          "the features of "
              + images.images().size()
              + " pictures take "
              + (needed >> 20)
              + " MiB and "
              + (disk.getUsableSpace() >> 20)
              + " MiB are free");
    }
  }
}

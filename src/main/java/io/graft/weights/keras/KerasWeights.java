package io.graft.weights.keras;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorReads;
import io.graft.tensors.TensorSource;
import io.graft.tensors.ZipDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The weights in a file that Keras wrote. This is a published HDF5 file, an {@code .h5} file of
 * Keras 2 with or without the model, or a {@code .weights.h5} or {@code .keras} file of Keras 3.
 * Several threads may use it at once.
 *
 * <p>Tensors are called {@code LAYER/kernel}, {@code LAYER/bias}, {@code LAYER/gamma}, {@code
 * LAYER/beta}, {@code LAYER/moving_mean} and {@code LAYER/moving_variance}, whatever their names in
 * the file. Their layouts are Keras's. Convolution kernels have shape (height, width, in, out), and
 * dense kernels (in, out). The rows of the first dense kernel after {@code Flatten} are in NHWC
 * order.
 */
public final class KerasWeights implements TensorSource {

  /** The name of the weights in a {@code .keras} archive. */
  public static final String ARCHIVED_WEIGHTS = "model.weights.h5";

  private static final String ARCHIVED_CONFIG = "config.json";
  private static final String KIND = "Keras file";

  private final Path path;
  private final FileChannel channel;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Hdf5Dataset> datasets = new LinkedHashMap<>();

  private KerasWeights(
      Path path, FileChannel channel, long start, long size, List<String> configured)
      throws IOException {
    this.path = path;
    this.channel = channel;
    Hdf5File file = new Hdf5File(path.toString(), channel, start, size);
    List<String> layers =
        file.text("", "model_config")
            .map(json -> KerasConfig.requireDefaults(path.toString(), json))
            .orElse(configured);
    Map<String, String> names = KerasNames.of(file, layers);
    if (names.isEmpty()) {
      throw file.malformed("it holds no layers");
    }
    if (names.size() > TensorReads.MAX_TENSORS) {
      throw file.malformed(
          "it holds %s tensors and at most %s are read", names.size(), TensorReads.MAX_TENSORS);
    }
    names.forEach(
        (name, datasetPath) -> {
          Hdf5Dataset dataset = Hdf5Dataset.of(file, datasetPath);
          datasets.put(name, dataset);
          tensors.put(name, new TensorInfo(name, dataset.type(), dataset.shape()));
        });
  }

  /**
   * Opens an HDF5 file.
   *
   * @throws WeightsException if the file cannot be read or is not a whole HDF5 file of Keras
   */
  public static KerasWeights open(Path path) {
    return TensorReads.open(
        path,
        KIND,
        "a whole file as Keras saves it; copy or save it again",
        channel -> new KerasWeights(path, channel, 0, channel.size(), List.of()));
  }

  /**
   * Opens a {@code .keras} archive.
   *
   * @throws WeightsException if the file cannot be read or is not a whole archive of Keras
   */
  public static KerasWeights openArchive(Path path) {
    return TensorReads.open(
        path,
        ".keras archive",
        "a whole archive as Keras 3 saves it; copy or save it again, or take "
            + ARCHIVED_WEIGHTS
            + " out of it",
        channel -> {
          ZipDirectory directory = new ZipDirectory(channel);
          List<String> layers = List.of();
          if (directory.contains(ARCHIVED_CONFIG)) {
            ZipDirectory.Span config = directory.locate(ARCHIVED_CONFIG);
            layers = KerasConfig.requireDefaults(path.toString(), text(path, channel, config));
          }
          ZipDirectory.Span weights = directory.locate(ARCHIVED_WEIGHTS);
          return new KerasWeights(path, channel, weights.offset(), weights.size(), layers);
        });
  }

  private static String text(Path path, FileChannel channel, ZipDirectory.Span span)
      throws IOException {
    if (span.size() > KerasConfig.MAX_LENGTH) {
      throw new WeightsException(
          String.format(
              "%s has a configuration of %s bytes. Expected at most %s; save the model again.",
              path, span.size(), KerasConfig.MAX_LENGTH));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) span.size());
    TensorReads.readFully(channel, span.offset(), bytes);
    return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    TensorInfo info = TensorReads.requireFloats(tensors, name, firstElement, destination, path);
    try {
      TensorReads.readFloat32(info.type(), firstElement, destination, datasets.get(name).bytes());
    } catch (IOException e) {
      throw TensorReads.cannotRead(path, KIND, e);
    }
  }

  @Override
  public Optional<String> version() {
    return TensorReads.version(path);
  }

  @Override
  public String description() {
    return path.toString();
  }

  @Override
  public void close() {
    TensorReads.closeQuietly(channel);
  }
}

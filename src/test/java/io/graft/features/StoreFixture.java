package io.graft.features;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.Progress;
import io.graft.testing.ArrayTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs extractions with a tiny network, and records their progress. */
final class StoreFixture {

  static final int SIZE = 8;

  static final Network SCALE =
      new Network(
          "scale",
          new Shape(3, SIZE, SIZE),
          List.of(new NamedLayer("scale", "scale", new Layer.Conv2d(3, 3, 1, 1, 0))));

  final List<String> notes = new ArrayList<>();
  final List<String> skipped = new ArrayList<>();
  String extracted = "";

  private final Progress progress =
      new Progress() {
        @Override
        public void advanced(Phase phase, long done, long total) {
          extracted = done + "/" + total;
        }

        @Override
        public void skipped(Path file, String reason) {
          skipped.add(file.getFileName().toString());
        }

        @Override
        public void note(String line) {
          notes.add(line);
        }
      };

  Progress progress() {
    return progress;
  }

  /** The numbers of computed and reused rows, and the bytes of each row by its {@link #name}. */
  record Run(int computed, int reused, Map<String, byte[]> rows) {}

  static FrozenLayers frozen(float red) {
    return frozen(SCALE, InputSpec.TORCHVISION.withSize(SIZE), red);
  }

  static FrozenLayers frozen(Network network, InputSpec input, float red) {
    return FrozenLayers.of(
        network,
        input,
        () ->
            new ArrayTensors(
                network,
                Map.of(
                    "scale.weight", new float[] {red, 0, 0, 0, 1, 0, 0, 0, 1},
                    "scale.bias", new float[3])),
        Device.cpu(),
        Plan.exact(Device.cpu()));
  }

  FeatureExtractor extractor(FrozenLayers frozen, FeatureCache cache) {
    return new FeatureExtractor(frozen, cache, OnBadImage.SKIP, progress);
  }

  /** Extracts and reads every row. */
  Run run(FrozenLayers frozen, FeatureCache cache, LabeledImages images) {
    try (Extraction extraction = extractor(frozen, cache).extract(images)) {
      return read(extraction);
    }
  }

  /** Returns the file's name, followed by a colon and the number of the view if it is not plain. */
  static String name(LabeledImage image) {
    String file = image.path().getFileName().toString();
    return image.view().isPlain() ? file : file + ":" + image.view().number();
  }

  static Run read(Extraction extraction) {
    Map<String, byte[]> rows = new java.util.TreeMap<>();
    for (int row = 0; row < extraction.store().rows(); row++) {
      byte[] bytes = new byte[extraction.store().rowBytes()];
      extraction.store().read(row, ByteBuffer.wrap(bytes));
      rows.put(name(extraction.images().get(row)), bytes);
    }
    return new Run(extraction.rowsComputed(), extraction.rowsReused(), rows);
  }

  /** Returns the shards of features. Shards of image digests are left out. */
  static List<Path> shards(Path cache) throws IOException {
    String digests = StoreKey.ofImageDigests().id();
    try (Stream<Path> files = Files.walk(cache)) {
      return files
          .filter(file -> file.toString().endsWith(Shard.SUFFIX))
          .filter(file -> !file.startsWith(cache.resolve(digests)))
          .sorted()
          .toList();
    }
  }

  static void requireSameRows(Run expected, Run actual) {
    if (!expected.rows().keySet().equals(actual.rows().keySet())) {
      throw new AssertionError(actual.rows().keySet() + ", expected " + expected.rows().keySet());
    }
    expected
        .rows()
        .forEach(
            (name, bytes) -> {
              if (!Arrays.equals(bytes, actual.rows().get(name))) {
                throw new AssertionError("the rows of " + name + " differ");
              }
            });
  }
}

package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.graft.GoldenTensors;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImage;
import io.graft.data.OnBadImage;
import io.graft.image.InputSpec;
import io.graft.image.codec.ImageDecoder;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.BadDataException;
import io.graft.runtime.OutputException;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorType;
import io.graft.testing.ArrayTensors;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureExtractorTest {

  private static final int SIZE = 32;

  /** Scales the channels so that float16 has rounded, subnormal and large values. */
  private static final Network SCALE =
      new Network(
          "scale",
          new Shape(3, SIZE, SIZE),
          List.of(
              new NamedLayer("scale", "scale", new Layer.Conv2d(3, 3, 1, 1, 0)),
              new NamedLayer("pool", "pool", new Layer.MaxPool2d(2, 2))));

  private final List<String> reported = new ArrayList<>();
  private final Progress progress =
      new Progress() {
        @Override
        public void advanced(Phase phase, long done, long total) {
          reported.add(done + "/" + total);
        }

        @Override
        public void skipped(Path file, String reason) {
          reported.add("skipped " + file.getFileName());
        }
      };

  @TempDir Path folder;
  private Path imageFolder;

  @BeforeEach
  void writeImages() {
    imageFolder = folder.resolve("images");
    for (int i = 0; i < 11; i++) {
      TestPictures.write(
          imageFolder.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
  }

  @Test
  void rowsAreInPathOrderAndRoundedToTheNearestFloat16() throws Exception {
    TestPictures.writeCutOff(imageFolder.resolve("a").resolve("2_bad.png"));
    ImageFolder images = ImageFolder.open(imageFolder);
    try (FrozenLayers frozen = frozen(1e-6f, 1, 1000);
        Extraction extraction =
            new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.SKIP, progress)
                .extract(images)) {
      FeatureStore store = extraction.store();
      assertThat(extraction.images().stream().map(images::relativePath))
          .hasSize(11)
          .isSorted()
          .startsWith("a/1.png", "a/3.png")
          .endsWith("b/8.png")
          .doesNotContain("a/2_bad.png");
      assertThat(extraction.skipped())
          .singleElement()
          .satisfies(bad -> assertThat(bad.path()).endsWith(Path.of("a", "2_bad.png")));
      assertThat(reported).contains("skipped 2_bad.png").endsWith("11/11");
      assertThat(extraction.rowsComputed()).isEqualTo(11);
      assertThat(store.labels()).containsExactly(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
      assertThat(store.rowShape()).isEqualTo(new Shape(3, SIZE / 2, SIZE / 2));
      NavigableMap<Float, Short> halves = finiteHalves();
      for (int row = 0; row < store.rows(); row++) {
        assertThat(store.label(row)).isEqualTo(extraction.images().get(row).label());
        float[] exact = forward(frozen, extraction.images().get(row));
        ByteBuffer stored = row(store, row);
        for (int i = 0; i < exact.length; i++) {
          assertThat(stored.getShort(2 * i))
              .as("row " + row + " element " + i + " " + exact[i])
              .isEqualTo(nearest(halves, exact[i]));
        }
      }
      frozen.requireUnchanged();
    }
  }

  @Test
  void featureFileHasFeaturesLabelsClassesAndPaths() throws Exception {
    TestPictures.writeCutOff(imageFolder.resolve("a").resolve("0_bad.png"));
    Path file = folder.resolve("features.safetensors");
    ImageFolder images = ImageFolder.open(imageFolder);
    try (FrozenLayers frozen = frozen(1, 1, 1)) {
      for (Map<String, String> given :
          List.of(Map.<String, String>of(), Map.of("boundary", "pool"))) {
        try (Extraction extraction =
            new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.SKIP, progress)
                .extractTo(file, images, TensorType.F32, given)) {
          assertThat(extraction.store().type()).isEqualTo(TensorType.F32);
          try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            assertThat(opened.metadata())
                .containsAllEntriesOf(given)
                .containsEntry("classes", "[\"a\",\"b\"]")
                .hasEntrySatisfying(
                    "paths",
                    paths ->
                        assertThat(paths)
                            .startsWith("[\"a/1.png\",\"a/3.png\"")
                            .doesNotContain("bad"));
          }
          GoldenTensors independent = GoldenTensors.read(file);
          assertThat(independent.shape("features")).containsExactly(11, 3, SIZE / 2, SIZE / 2);
          assertThat(independent.longs("labels")).containsExactly(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
          float[] first = forward(frozen, extraction.images().get(0));
          assertThat(independent.floats("features")).startsWith(first);
        }
      }
    }
  }

  @Test
  void temporaryFilesAreDeletedAsSoonAsTheyAreMapped() throws Exception {
    Path maps = Path.of("/proc/self/maps");
    assumeThat(maps).as("Linux lists the mapped files of a process").exists();
    try (FrozenLayers frozen = frozen(1, 1, 1);
        Extraction extraction =
            new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.SKIP, progress)
                .extract(ImageFolder.open(imageFolder))) {
      List<String> mapped =
          Files.readAllLines(maps).stream()
              .filter(line -> line.contains("graft-features-"))
              .toList();
      assertThat(mapped).isNotEmpty().allMatch(line -> line.endsWith("(deleted)"));
      for (String line : mapped) {
        Path file = Path.of(line.substring(line.indexOf('/')).replace(" (deleted)", ""));
        assertThat(file.getParent().getParent()).doesNotExist();
      }
      assertThat(row(extraction.store(), 10).remaining()).isEqualTo(2 * 3 * SIZE * SIZE / 4);
    }
  }

  @Test
  void featuresThatCannotBeStoredAreRefused() {
    ImageFolder images = ImageFolder.open(imageFolder);
    for (float scale : new float[] {1e6f, Float.POSITIVE_INFINITY, Float.NaN}) {
      try (FrozenLayers frozen = frozen(1, scale, 1)) {
        FeatureExtractor extractor =
            new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.SKIP, progress);
        assertThatThrownBy(() -> extractor.extract(images))
            .isInstanceOf(WeightsException.class)
            .hasMessageContainingAll("a feature of", "at most 65504", "other weights");
      }
    }
    Path file = folder.resolve("features.safetensors");
    try (FrozenLayers frozen = frozen(1, Float.NaN, 1)) {
      FeatureExtractor extractor =
          new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.SKIP, progress);
      assertThatThrownBy(() -> extractor.extractTo(file, images, TensorType.F32, Map.of()))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("NaN");
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void badImagesFailTheRunOnRequestOrIfAllAreBad() throws IOException {
    Path bad = TestPictures.writeCutOff(folder.resolve("bad/a/1.png"));
    TestPictures.writeCutOff(folder.resolve("bad/b/1.png"));
    ImageFolder images = ImageFolder.open(folder.resolve("bad"));
    try (FrozenLayers frozen = frozen(1, 1, 1)) {
      for (OnBadImage choice : List.of(OnBadImage.SKIP, OnBadImage.FAIL)) {
        assertThatThrownBy(
                () ->
                    new FeatureExtractor(frozen, FeatureCache.off(), choice, progress)
                        .extract(images))
            .isInstanceOf(BadDataException.class)
            .hasMessageContaining(bad.toString());
      }
      assertThatThrownBy(
              () ->
                  new FeatureExtractor(frozen, FeatureCache.off(), OnBadImage.SKIP, progress)
                      .extractTo(
                          bad.resolve("below/a/file"),
                          ImageFolder.open(imageFolder),
                          TensorType.F16,
                          Map.of()))
          .isInstanceOf(OutputException.class);
    }
  }

  private static FrozenLayers frozen(float red, float green, float blue) {
    return FrozenLayers.of(
        SCALE,
        InputSpec.TORCHVISION.withSize(SIZE),
        () ->
            new ArrayTensors(
                SCALE,
                Map.of(
                    "scale.weight", new float[] {red, 0, 0, 0, green, 0, 0, 0, blue},
                    "scale.bias", new float[3])),
        Device.cpu(),
        Plan.exact(Device.cpu()));
  }

  private static float[] forward(FrozenLayers frozen, LabeledImage image) throws Exception {
    ByteBuffer pixels = ByteBuffer.allocateDirect(frozen.input().bytes());
    frozen.input().write(ImageDecoder.read(image.path()), pixels);
    try (NDManager manager = frozen.manager().newSubManager()) {
      return frozen.forward(manager, pixels.flip(), 1).toFloatArray();
    }
  }

  private static ByteBuffer row(FeatureStore store, int row) {
    ByteBuffer bytes = ByteBuffer.allocate(store.rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
    store.read(row, bytes);
    return bytes.flip();
  }

  /** Returns every finite positive binary16 number by its value, as IEEE 754 defines it. */
  private static NavigableMap<Float, Short> finiteHalves() {
    NavigableMap<Float, Short> halves = new TreeMap<>();
    for (int bits = 0; bits < 0x7C00; bits++) {
      int exponent = bits >> 10;
      double fraction = (bits & 1023) / 1024.0;
      double value =
          exponent == 0 ? fraction * 0x1p-14 : (1 + fraction) * Math.pow(2, exponent - 15);
      halves.put((float) value, (short) bits);
    }
    return halves;
  }

  /** Returns the nearest binary16 number. A tie goes to the number whose last bit is 0. */
  private static short nearest(NavigableMap<Float, Short> halves, float value) {
    float magnitude = Math.abs(value);
    Map.Entry<Float, Short> below = halves.floorEntry(magnitude);
    Map.Entry<Float, Short> above = halves.ceilingEntry(magnitude);
    double down = (double) magnitude - below.getKey();
    double up = (double) above.getKey() - magnitude;
    boolean takesBelow = down < up || (down == up && (below.getValue() & 1) == 0);
    short bits = takesBelow ? below.getValue() : above.getValue();
    boolean negative = Float.floatToRawIntBits(value) < 0;
    return negative ? (short) (bits | 0x8000) : bits;
  }
}

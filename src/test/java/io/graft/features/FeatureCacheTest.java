package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.data.ImageFolder;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorType;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which rows are computed and which are reused. */
class FeatureCacheTest {

  private static final int IMAGES = 11;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path folder;
  private Path imageFolder;
  private Path root;
  private FeatureCache cache;

  @BeforeEach
  void writeImages() {
    imageFolder = folder.resolve("images");
    root = folder.resolve("features");
    cache = FeatureCache.at(root);
    writeImages(0, IMAGES);
  }

  private void writeImages(int from, int to) {
    for (int i = from; i < to; i++) {
      TestPictures.write(
          imageFolder.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
  }

  private StoreFixture.Run run(FrozenLayers frozen) {
    return fixture.run(frozen, cache, ImageFolder.open(imageFolder));
  }

  @Test
  void secondRunComputesOnlyNewImages() {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      StoreFixture.Run first = run(frozen);
      assertThat(first.computed()).isEqualTo(IMAGES);
      assertThat(first.reused()).isZero();
      StoreFixture.Run second = run(frozen);
      assertThat(second.computed()).isZero();
      assertThat(second.reused()).isEqualTo(IMAGES);
      StoreFixture.requireSameRows(first, second);
      writeImages(IMAGES, IMAGES + 10);
      StoreFixture.Run third = run(frozen);
      assertThat(third.computed()).isEqualTo(10);
      assertThat(third.reused()).isEqualTo(IMAGES);
      assertThat(third.rows()).containsAllEntriesOf(Map.of("3.png", third.rows().get("3.png")));
      StoreFixture.requireSameRows(third, run(frozen));
      assertThat(fixture.notes).isEmpty();
    }
  }

  @Test
  void changedImageIsRecomputedEvenIfItsTimeIsReset() throws Exception {
    Path changed = imageFolder.resolve("a/1.png");
    settle();
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      StoreFixture.Run first = run(frozen);
      assertThat(new KeyFolder(root, StoreKey.ofImageDigests()).shards()).hasSize(1);
      FileTime time = Files.getLastModifiedTime(changed);
      byte[] bytes = Files.readAllBytes(changed);
      TestPictures.write(changed, 99, 200);
      Files.setLastModifiedTime(changed, time);
      StoreFixture.Run second = run(frozen);
      assertThat(second.computed()).isEqualTo(1);
      assertThat(second.rows().get("1.png")).isNotEqualTo(first.rows().get("1.png"));
      Files.write(changed, bytes);
      StoreFixture.Run third = run(frozen);
      assertThat(third.computed()).isZero();
      StoreFixture.requireSameRows(first, third);
    }
  }

  @Test
  void unchangedFilesAreNotHashedAgain() throws Exception {
    settle();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(imageFolder)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    KeyFolder digests = new KeyFolder(root, StoreKey.ofImageDigests());
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      run(frozen);
      assertThat(cache.list())
          .filteredOn(entry -> entry.id().equals(StoreKey.ofImageDigests().id()))
          .singleElement()
          .satisfies(entry -> assertThat(entry.rows()).isEqualTo(files.size()));
      run(frozen);
      assertThat(digests.shards()).as("no new digests").hasSize(1);
    }
  }

  /** Waits until the images are older than the resolution of the file system's clock. */
  private static void settle() throws InterruptedException {
    Thread.sleep(2100);
  }

  @Test
  void digestsOfRecentlyWrittenFilesAreNotStored() {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      writeImages(0, IMAGES);
      run(frozen);
      assertThat(new KeyFolder(root, StoreKey.ofImageDigests()).shards()).isEmpty();
    }
  }

  @Test
  void weightsInputBoundaryLayersAndPrecisionSelectOtherRows() {
    ImageFolder images = ImageFolder.open(imageFolder);
    InputSpec input = InputSpec.TORCHVISION.withSize(StoreFixture.SIZE);
    Network renamed =
        new Network(
            "scale",
            new Shape(3, StoreFixture.SIZE, StoreFixture.SIZE),
            List.of(new NamedLayer("other", "scale", new Layer.Conv2d(3, 3, 1, 1, 0))));
    Network longer = StoreFixture.SCALE.append(new NamedLayer("scale", "relu", new Layer.Relu()));
    try (FrozenLayers frozen = StoreFixture.frozen(1);
        FrozenLayers weights = StoreFixture.frozen(2);
        FrozenLayers spec =
            StoreFixture.frozen(
                StoreFixture.SCALE, InputSpec.KERAS_CAFFE.withSize(StoreFixture.SIZE), 1);
        FrozenLayers boundary = StoreFixture.frozen(renamed, input, 1);
        FrozenLayers layers = StoreFixture.frozen(longer, input, 1)) {
      run(frozen);
      for (FrozenLayers other : List.of(weights, spec, boundary, layers)) {
        assertThat(run(other).computed()).isEqualTo(IMAGES);
        assertThat(run(other).computed()).isZero();
      }
      Plan plan = frozen.plan();
      try (FrozenLayers bf16 =
          frozen.withPlan(new Plan(Precision.BF16, 4, plan.threads(), List.of()))) {
        assertThat(run(bf16).computed()).isEqualTo(IMAGES);
        assertThat(run(bf16).computed()).isZero();
      }
      Path out = folder.resolve("out.safetensors");
      for (int computed : new int[] {IMAGES, 0}) {
        try (Extraction float32 =
            fixture.extractor(frozen, cache).extractTo(out, images, TensorType.F32, Map.of())) {
          assertThat(float32.rowsComputed()).isEqualTo(computed);
        }
      }
      assertThat(run(frozen).computed()).isZero();
    }
  }

  @Test
  void equalContentIsComputedOnce() throws IOException {
    Files.copy(imageFolder.resolve("a/1.png"), imageFolder.resolve("b/copy.png"));
    Path bad = TestPictures.writeCutOff(imageFolder.resolve("a/bad.png"));
    Files.copy(bad, imageFolder.resolve("b/bad_too.png"));
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      StoreFixture.Run first = run(frozen);
      assertThat(first.computed()).isEqualTo(IMAGES);
      assertThat(first.reused()).isEqualTo(1);
      assertThat(first.rows().get("copy.png")).isEqualTo(first.rows().get("1.png"));
      assertThat(fixture.skipped).containsExactly("bad.png", "bad_too.png");
      Files.move(imageFolder.resolve("a/3.png"), imageFolder.resolve("b/renamed.png"));
      Files.copy(imageFolder.resolve("a/5.png"), imageFolder.resolve("b/again.png"));
      StoreFixture.Run second = run(frozen);
      assertThat(second.computed()).isZero();
      assertThat(second.rows().get("renamed.png")).isEqualTo(first.rows().get("3.png"));
    }
  }

  @Test
  void rowsComputedBeforeAFailureAreKept() {
    // The largest float16 is 65,504. Normalised, red from 100 to 155 is at most 0.55, black is
    // -2.1.
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(folder.resolve("grey/" + i % 2 + "/" + i + ".png"), i, 100);
    }
    TestPictures.write(folder.resolve("grey/1/z.png"), 0, 0);
    ImageFolder grey = ImageFolder.open(folder.resolve("grey"));
    try (FrozenLayers frozen = StoreFixture.frozen(60_000)) {
      assertThatThrownBy(() -> fixture.run(frozen, cache, grey))
          .isInstanceOf(WeightsException.class);
      // The batch with the black image fails.
      assertThat(cache.list())
          .filteredOn(entry -> entry.key().containsKey(StoreKey.BOUNDARY))
          .singleElement()
          .satisfies(entry -> assertThat(entry.rows()).isBetween(1L, (long) IMAGES));
    }
  }

  @Test
  void rowsInUseStayReadableAfterPruning() {
    try (FrozenLayers frozen = StoreFixture.frozen(1)) {
      StoreFixture.Run first = run(frozen);
      try (Extraction extraction =
          fixture.extractor(frozen, cache).extract(ImageFolder.open(imageFolder))) {
        FeatureCache.Pruned pruned = cache.prune(0);
        assertThat(pruned.shards()).isPositive();
        assertThat(pruned.bytesLeft()).isZero();
        assertThat(root).isEmptyDirectory();
        StoreFixture.requireSameRows(first, StoreFixture.read(extraction));
      }
      assertThat(run(frozen).computed()).isEqualTo(IMAGES);
    }
  }

  @Test
  void pruningRemovesTheLeastRecentlyUsedRowsFirst() throws IOException {
    try (FrozenLayers old = StoreFixture.frozen(1);
        FrozenLayers recent = StoreFixture.frozen(2)) {
      run(recent);
      run(old);
      for (FeatureCache.Entry entry : cache.list()) {
        Files.setLastModifiedTime(
            root.resolve(entry.id()).resolve(KeyFolder.KEY), FileTime.from(Instant.EPOCH));
      }
      assertThat(run(recent).computed()).isZero();
      long all = cache.list().stream().mapToLong(FeatureCache.Entry::bytes).sum();
      assertThat(cache.prune(all).shards()).isZero();
      assertThat(cache.prune(all - 1).shards()).isEqualTo(1);
      assertThat(run(recent).computed()).isZero();
      assertThat(run(old).computed()).isEqualTo(IMAGES);
    }
  }
}

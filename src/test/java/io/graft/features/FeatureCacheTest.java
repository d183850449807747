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

/** What is computed, and what is found. */
class FeatureCacheTest {

  private static final int PICTURES = 11;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path folder;
  private Path pictures;
  private Path root;
  private FeatureCache cache;

  @BeforeEach
  void draw() {
    pictures = folder.resolve("pictures");
    root = folder.resolve("features");
    cache = FeatureCache.at(root);
    draw(0, PICTURES);
  }

  private void draw(int from, int to) {
    for (int i = from; i < to; i++) {
      TestPictures.write(pictures.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
  }

  private StoreFixture.Run run(FrozenLayers prefix) {
    return fixture.run(prefix, cache, ImageFolder.open(pictures));
  }

  @Test
  void aSecondRunComputesNothingAndNewPicturesAlone() {
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      StoreFixture.Run first = run(prefix);
      assertThat(first.computed()).isEqualTo(PICTURES);
      assertThat(first.reused()).isZero();
      StoreFixture.Run second = run(prefix);
      assertThat(second.computed()).isZero();
      assertThat(second.reused()).isEqualTo(PICTURES);
      StoreFixture.requireSameRows(first, second);
      draw(PICTURES, PICTURES + 10);
      StoreFixture.Run third = run(prefix);
      assertThat(third.computed()).isEqualTo(10);
      assertThat(third.reused()).isEqualTo(PICTURES);
      assertThat(third.rows()).containsAllEntriesOf(Map.of("3.png", third.rows().get("3.png")));
      StoreFixture.requireSameRows(third, run(prefix));
      assertThat(fixture.notes).isEmpty();
    }
  }

  @Test
  void aChangedPictureIsComputedAgainEvenWhereItsTimeIsSetBack() throws Exception {
    Path changed = pictures.resolve("a/1.png");
    settle();
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      StoreFixture.Run first = run(prefix);
      assertThat(new KeyFolder(root, StoreKey.ofImageDigests()).shards()).hasSize(1);
      FileTime time = Files.getLastModifiedTime(changed);
      byte[] bytes = Files.readAllBytes(changed);
      TestPictures.write(changed, 99, 200);
      Files.setLastModifiedTime(changed, time);
      StoreFixture.Run second = run(prefix);
      assertThat(second.computed()).isEqualTo(1);
      assertThat(second.rows().get("1.png")).isNotEqualTo(first.rows().get("1.png"));
      Files.write(changed, bytes);
      StoreFixture.Run third = run(prefix);
      assertThat(third.computed()).isZero();
      StoreFixture.requireSameRows(first, third);
    }
  }

  @Test
  void digestsOfUnchangedFilesAreFoundWithoutReadingThem() throws Exception {
    settle();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(pictures)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    KeyFolder digests = new KeyFolder(root, StoreKey.ofImageDigests());
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      run(prefix);
      assertThat(cache.list())
          .filteredOn(entry -> entry.id().equals(StoreKey.ofImageDigests().id()))
          .singleElement()
          .satisfies(entry -> assertThat(entry.rows()).isEqualTo(files.size()));
      run(prefix);
      assertThat(digests.shards()).as("nothing was digested anew").hasSize(1);
    }
  }

  /** Waits until the pictures are older than the resolution of a file system's clock. */
  private static void settle() throws InterruptedException {
    Thread.sleep(2100);
  }

  @Test
  void picturesThatWereJustWrittenAreNotTrustedByTheirTime() {
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      draw(0, PICTURES);
      run(prefix);
      assertThat(new KeyFolder(root, StoreKey.ofImageDigests()).shards()).isEmpty();
    }
  }

  @Test
  void anythingElseThatARowDependsOnRecomputes() {
    ImageFolder images = ImageFolder.open(pictures);
    InputSpec input = InputSpec.TORCHVISION.withSize(StoreFixture.SIZE);
    Network renamed =
        new Network(
            "scale",
            new Shape(3, StoreFixture.SIZE, StoreFixture.SIZE),
            List.of(new NamedLayer("other", "scale", new Layer.Conv2d(3, 3, 1, 1, 0))));
    Network longer = StoreFixture.SCALE.append(new NamedLayer("scale", "relu", new Layer.Relu()));
    try (FrozenLayers prefix = StoreFixture.prefix(1);
        FrozenLayers weights = StoreFixture.prefix(2);
        FrozenLayers spec =
            StoreFixture.prefix(
                StoreFixture.SCALE, InputSpec.KERAS_CAFFE.withSize(StoreFixture.SIZE), 1);
        FrozenLayers boundary = StoreFixture.prefix(renamed, input, 1);
        FrozenLayers layers = StoreFixture.prefix(longer, input, 1)) {
      run(prefix);
      for (FrozenLayers other : List.of(weights, spec, boundary, layers)) {
        assertThat(run(other).computed()).isEqualTo(PICTURES);
        assertThat(run(other).computed()).isZero();
      }
      Plan plan = prefix.plan();
      try (FrozenLayers bf16 =
          prefix.withPlan(new Plan(Precision.BF16, 4, plan.threads(), List.of()))) {
        assertThat(run(bf16).computed()).isEqualTo(PICTURES);
        assertThat(run(bf16).computed()).isZero();
      }
      Path out = folder.resolve("out.safetensors");
      for (int computed : new int[] {PICTURES, 0}) {
        try (Extraction float32 =
            fixture.extractor(prefix, cache).extractTo(out, images, TensorType.F32, Map.of())) {
          assertThat(float32.rowsComputed()).isEqualTo(computed);
        }
      }
      assertThat(run(prefix).computed()).isZero();
    }
  }

  @Test
  void theSameContentIsComputedOnceWhereverItIs() throws IOException {
    Files.copy(pictures.resolve("a/1.png"), pictures.resolve("b/copy.png"));
    Path bad = TestPictures.writeCutOff(pictures.resolve("a/bad.png"));
    Files.copy(bad, pictures.resolve("b/bad_too.png"));
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      StoreFixture.Run first = run(prefix);
      assertThat(first.computed()).isEqualTo(PICTURES);
      assertThat(first.reused()).isEqualTo(1);
      assertThat(first.rows().get("copy.png")).isEqualTo(first.rows().get("1.png"));
      assertThat(fixture.skipped).containsExactly("bad.png", "bad_too.png");
      Files.move(pictures.resolve("a/3.png"), pictures.resolve("b/renamed.png"));
      Files.copy(pictures.resolve("a/5.png"), pictures.resolve("b/again.png"));
      StoreFixture.Run second = run(prefix);
      assertThat(second.computed()).isZero();
      assertThat(second.rows().get("renamed.png")).isEqualTo(first.rows().get("3.png"));
    }
  }

  @Test
  void whatWasComputedBeforeAFailureIsKept() {
    // float16 ends at 65,504. Red from 100 to 155 is normalised to at most 0.55, black to -2.1.
    for (int i = 0; i < PICTURES; i++) {
      TestPictures.write(folder.resolve("grey/" + i % 2 + "/" + i + ".png"), i, 100);
    }
    TestPictures.write(folder.resolve("grey/1/z.png"), 0, 0);
    ImageFolder grey = ImageFolder.open(folder.resolve("grey"));
    try (FrozenLayers prefix = StoreFixture.prefix(60_000)) {
      assertThatThrownBy(() -> fixture.run(prefix, cache, grey))
          .isInstanceOf(WeightsException.class);
      // Pictures go through in batches; the one with the black one fails.
      assertThat(cache.list())
          .filteredOn(entry -> entry.key().containsKey(StoreKey.BOUNDARY))
          .singleElement()
          .satisfies(entry -> assertThat(entry.rows()).isBetween(1L, (long) PICTURES));
    }
  }

  @Test
  void rowsThatArePrunedWhileTheyAreInUseStayReadable() {
    try (FrozenLayers prefix = StoreFixture.prefix(1)) {
      StoreFixture.Run first = run(prefix);
      try (Extraction extraction =
          fixture.extractor(prefix, cache).extract(ImageFolder.open(pictures))) {
        FeatureCache.Pruned pruned = cache.prune(0);
        assertThat(pruned.shards()).isPositive();
        assertThat(pruned.bytesLeft()).isZero();
        assertThat(root).isEmptyDirectory();
        StoreFixture.requireSameRows(first, StoreFixture.read(extraction));
      }
      assertThat(run(prefix).computed()).isEqualTo(PICTURES);
    }
  }

  @Test
  void pruningTakesTheLeastRecentlyUsedFirstAndNoMoreThanItMust() throws IOException {
    try (FrozenLayers old = StoreFixture.prefix(1);
        FrozenLayers recent = StoreFixture.prefix(2)) {
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
      assertThat(run(old).computed()).isEqualTo(PICTURES);
    }
  }
}

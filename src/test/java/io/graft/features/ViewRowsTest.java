package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.data.BadImage;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageFolder;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.data.View;
import io.graft.image.Augmentation;
import io.graft.runtime.BadDataException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorType;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the stored rows of augmented views. */
class ViewRowsTest {

  private static final int IMAGES = 7;

  private final StoreFixture fixture = new StoreFixture();
  private final FrozenLayers frozen = StoreFixture.frozen(1);

  @TempDir Path folder;
  private Path imageFolder;
  private Path root;
  private FeatureCache cache;

  @BeforeEach
  void writeImages() {
    imageFolder = folder.resolve("images");
    root = folder.resolve("features");
    cache = FeatureCache.at(root);
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(
          imageFolder.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
  }

  @AfterEach
  void close() {
    frozen.close();
  }

  @Test
  void onlyMissingViewsAreComputed() throws IOException {
    LabeledImages plain = ImageFolder.open(imageFolder);
    requireComputed(IMAGES, 0, plain);
    StoreFixture.Run first =
        requireComputed(2 * IMAGES, IMAGES, plain.withViews(Augmentation.STRONG, 3, 42));
    assertThat(fixture.extracted).isEqualTo(3 * IMAGES + "/" + 3 * IMAGES);
    StoreFixture.Run again =
        requireComputed(0, 3 * IMAGES, plain.withViews(Augmentation.STRONG, 3, 42));
    StoreFixture.requireSameRows(first, again);
    requireComputed(IMAGES, 3 * IMAGES, plain.withViews(Augmentation.STRONG, 4, 42));
    requireComputed(0, 2 * IMAGES, plain.withViews(Augmentation.STRONG, 2, 42));
    requireComputed(2 * IMAGES, IMAGES, plain.withViews(Augmentation.STRONG, 3, 43));
    requireComputed(2 * IMAGES, IMAGES, plain.withViews(Augmentation.CROP, 3, 42));
    requireComputed(0, IMAGES, plain);

    Files.move(imageFolder.resolve("a/1.png"), imageFolder.resolve("b/renamed.png"));
    Files.copy(imageFolder.resolve("a/3.png"), imageFolder.resolve("b/copied.png"));
    TestPictures.write(imageFolder.resolve("a/0-new.png"), 99, 100);
    LabeledImages later = ImageFolder.open(imageFolder).withViews(Augmentation.STRONG, 3, 42);
    StoreFixture.Run moved = requireComputed(3, 3 * (IMAGES + 1), later);
    for (String view : List.of("", ":1", ":2")) {
      assertThat(moved.rows().get("renamed.png" + view))
          .isEqualTo(first.rows().get("1.png" + view));
      assertThat(moved.rows().get("copied.png" + view)).isEqualTo(first.rows().get("3.png" + view));
    }
  }

  @Test
  void rowsEqualTheFeaturesOfTheViews() throws IOException {
    LabeledImages plain = ImageFolder.open(imageFolder);
    LabeledImages views = plain.withViews(Augmentation.STRONG, 3, 42);
    Path file = folder.resolve("out.safetensors");
    try (Extraction rows =
        extractor(OnBadImage.SKIP).extractTo(file, views, TensorType.F32, Map.of())) {
      assertThat(rows.images()).isEqualTo(views.images());
      ByteBuffer row = ByteBuffer.allocate(rows.store().rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < views.images().size(); i++) {
        LabeledImage image = views.images().get(i);
        assertThat(rows.store().label(i)).isEqualTo(image.label());
        rows.store().read(i, row.clear());
        float[] expected = forward(plain, i / 3, new View(Augmentation.STRONG, 42, i % 3));
        float[] stored = new float[expected.length];
        row.flip().asFloatBuffer().get(stored);
        assertThat(stored).as(StoreFixture.name(image)).isEqualTo(expected);
      }
    }
  }

  private float[] forward(LabeledImages plain, int position, View view) {
    ImageLoader loader =
        new ImageLoader(plain, frozen.input(), LoaderOptions.defaults(), bad -> {});
    try (Batches batches = loader.batches(new int[] {position}, view);
        ImageBatch batch = batches.next();
        NDManager manager = frozen.manager().newSubManager()) {
      return frozen.forward(manager, batch.pixels(), 1).toFloatArray();
    }
  }

  @Test
  void digestOfAViewCombinesTheFileDigestAndTheViewText() throws Exception {
    LabeledImages views = ImageFolder.open(imageFolder).withViews(Augmentation.FLIP, 2, -5);
    requireComputed(2 * IMAGES, 0, views);
    List<String> expected = new ArrayList<>();
    for (LabeledImage image : views.images()) {
      byte[] digest = sha256().digest(Files.readAllBytes(image.path()));
      if (!image.view().isPlain()) {
        MessageDigest both = sha256();
        both.update(digest);
        both.update(
            "view-1 augmentation-1 crop=none flip=true brightness=0.0 contrast=0.0 saturation=0.0 seed=-5 number=1"
                .getBytes(StandardCharsets.UTF_8));
        digest = both.digest();
      }
      expected.add(HexFormat.of().formatHex(digest));
    }
    List<String> stored = new ArrayList<>();
    for (Path shard : StoreFixture.shards(root)) {
      try (SafetensorsFile file = SafetensorsFile.open(shard)) {
        ByteBuffer digests = ByteBuffer.allocate(32 * 2 * IMAGES);
        file.read("images", 0, digests);
        for (int at = 0; at < digests.capacity(); at += 32) {
          stored.add(HexFormat.of().formatHex(digests.array(), at, at + 32));
        }
      }
    }
    assertThat(stored).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static MessageDigest sha256() throws Exception {
    return MessageDigest.getInstance("SHA-256");
  }

  @Test
  void badFileWithSeveralViewsIsSkippedOnce() throws IOException {
    Path bad = TestPictures.writeCutOff(imageFolder.resolve("a/3.png"));
    Files.copy(bad, imageFolder.resolve("b/same.png"));
    LabeledImages views = ImageFolder.open(imageFolder).withViews(Augmentation.CROP, 5, 1);
    try (Extraction extraction = extractor(OnBadImage.SKIP).extract(views)) {
      assertThat(extraction.skipped())
          .extracting(image -> image.path().getFileName().toString())
          .containsExactly("3.png", "same.png");
      assertThat(extraction.skipped()).extracting(BadImage::reason).doesNotContainNull();
      assertThat(fixture.skipped).containsExactly("3.png", "same.png");
      assertThat(extraction.rowsComputed()).isEqualTo(5 * (IMAGES - 1));
      assertThat(fixture.extracted).isEqualTo("30/30");
      extraction.requireEveryClass(views);
    }
    assertThatThrownBy(() -> extractor(OnBadImage.FAIL).extract(views))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Cannot decode the image " + bad + ": ");

    Files.delete(imageFolder.resolve("a/1.png"));
    TestPictures.writeCutOff(imageFolder.resolve("a/5.png"));
    try (Extraction extraction = extractor(OnBadImage.SKIP).extract(views)) {
      assertThat(extraction.skipped())
          .extracting(image -> image.path().getFileName().toString())
          .containsExactly("1.png", "3.png", "5.png", "same.png");
      assertThatThrownBy(() -> extraction.requireEveryClass(views))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("Class 'a' of " + imageFolder + " is empty")
          .hasMessageContaining("1.png: there is no such file");
    }
  }

  @Test
  void damagedRowOfAViewIsRecomputed() throws IOException {
    LabeledImages views = ImageFolder.open(imageFolder).withViews(Augmentation.STRONG, 3, 42);
    StoreFixture.Run whole = requireComputed(3 * IMAGES, 0, views);
    Path shard = StoreFixture.shards(root).get(0);
    byte[] bytes = Files.readAllBytes(shard);
    int rowBytes = whole.rows().get("0.png").length;
    for (int row = 1; row <= 3; row++) {
      bytes[bytes.length - row * rowBytes] ^= 1;
    }
    Files.delete(shard);
    Files.write(shard, bytes);
    StoreFixture.requireSameRows(whole, requireComputed(3, 3 * IMAGES - 3, views));
  }

  private StoreFixture.Run requireComputed(int computed, int reused, LabeledImages images) {
    StoreFixture.Run run = fixture.run(frozen, cache, images);
    assertThat(run.computed()).isEqualTo(computed);
    assertThat(run.reused()).isEqualTo(reused);
    assertThat(run.rows()).hasSize(images.images().size());
    return run;
  }

  private FeatureExtractor extractor(OnBadImage onBadImage) {
    return new FeatureExtractor(frozen, cache, onBadImage, fixture.progress());
  }
}

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

/** Views of pictures have rows of their own. */
class ViewRowsTest {

  private static final int PICTURES = 7;

  private final StoreFixture fixture = new StoreFixture();
  private final FrozenLayers prefix = StoreFixture.prefix(1);

  @TempDir Path folder;
  private Path pictures;
  private Path root;
  private FeatureCache cache;

  @BeforeEach
  void draw() {
    pictures = folder.resolve("pictures");
    root = folder.resolve("features");
    cache = FeatureCache.at(root);
    for (int i = 0; i < PICTURES; i++) {
      TestPictures.write(pictures.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
  }

  @AfterEach
  void close() {
    prefix.close();
  }

  @Test
  void onlyViewsThatAreNotThereAreComputed() throws IOException {
    LabeledImages plain = ImageFolder.open(pictures);
    requireComputed(PICTURES, 0, plain);
    StoreFixture.Run first =
        requireComputed(2 * PICTURES, PICTURES, plain.withViews(Augmentation.STRONG, 3, 42));
    assertThat(fixture.extracted).isEqualTo(3 * PICTURES + "/" + 3 * PICTURES);
    StoreFixture.Run again =
        requireComputed(0, 3 * PICTURES, plain.withViews(Augmentation.STRONG, 3, 42));
    StoreFixture.requireSameRows(first, again);
    requireComputed(PICTURES, 3 * PICTURES, plain.withViews(Augmentation.STRONG, 4, 42));
    requireComputed(0, 2 * PICTURES, plain.withViews(Augmentation.STRONG, 2, 42));
    requireComputed(2 * PICTURES, PICTURES, plain.withViews(Augmentation.STRONG, 3, 43));
    requireComputed(2 * PICTURES, PICTURES, plain.withViews(Augmentation.CROP, 3, 42));
    requireComputed(0, PICTURES, plain);

    Files.move(pictures.resolve("a/1.png"), pictures.resolve("b/renamed.png"));
    Files.copy(pictures.resolve("a/3.png"), pictures.resolve("b/copied.png"));
    TestPictures.write(pictures.resolve("a/0-new.png"), 99, 100);
    LabeledImages later = ImageFolder.open(pictures).withViews(Augmentation.STRONG, 3, 42);
    StoreFixture.Run moved = requireComputed(3, 3 * (PICTURES + 1), later);
    for (String view : List.of("", ":1", ":2")) {
      assertThat(moved.rows().get("renamed.png" + view))
          .isEqualTo(first.rows().get("1.png" + view));
      assertThat(moved.rows().get("copied.png" + view)).isEqualTo(first.rows().get("3.png" + view));
    }
  }

  @Test
  void aRowIsWhatTheFrozenLayersGiveForTheView() throws IOException {
    LabeledImages plain = ImageFolder.open(pictures);
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
        new ImageLoader(plain, prefix.input(), LoaderOptions.defaults(), bad -> {});
    try (Batches batches = loader.batches(new int[] {position}, view);
        ImageBatch batch = batches.next();
        NDManager manager = prefix.manager().newSubManager()) {
      return prefix.forward(manager, batch.pixels(), 1).toFloatArray();
    }
  }

  @Test
  void theDigestOfAViewIsThatOfItsFilesDigestAndWhatItIs() throws Exception {
    LabeledImages views = ImageFolder.open(pictures).withViews(Augmentation.FLIP, 2, -5);
    requireComputed(2 * PICTURES, 0, views);
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
        ByteBuffer digests = ByteBuffer.allocate(32 * 2 * PICTURES);
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
  void aFileThatCannotBeDecodedIsSkippedOnceWithItsName() throws IOException {
    Path bad = TestPictures.writeCutOff(pictures.resolve("a/3.png"));
    Files.copy(bad, pictures.resolve("b/same.png"));
    LabeledImages views = ImageFolder.open(pictures).withViews(Augmentation.CROP, 5, 1);
    try (Extraction extraction = extractor(OnBadImage.SKIP).extract(views)) {
      assertThat(extraction.skipped())
          .extracting(image -> image.path().getFileName().toString())
          .containsExactly("3.png", "same.png");
      assertThat(extraction.skipped()).extracting(BadImage::reason).doesNotContainNull();
      assertThat(fixture.skipped).containsExactly("3.png", "same.png");
      assertThat(extraction.rowsComputed()).isEqualTo(5 * (PICTURES - 1));
      assertThat(fixture.extracted).isEqualTo("30/30");
      extraction.requireEveryClass(views);
    }
    assertThatThrownBy(() -> extractor(OnBadImage.FAIL).extract(views))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Cannot decode the image " + bad + ": ");

    Files.delete(pictures.resolve("a/1.png"));
    TestPictures.writeCutOff(pictures.resolve("a/5.png"));
    try (Extraction extraction = extractor(OnBadImage.SKIP).extract(views)) {
      assertThat(extraction.skipped())
          .extracting(image -> image.path().getFileName().toString())
          .containsExactly("1.png", "3.png", "5.png", "same.png");
      assertThatThrownBy(() -> extraction.requireEveryClass(views))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("Class 'a' of " + pictures + " is empty")
          .hasMessageContaining("1.png: there is no such file");
    }
  }

  @Test
  void aDamagedRowOfAViewIsThatViewAgain() throws IOException {
    LabeledImages views = ImageFolder.open(pictures).withViews(Augmentation.STRONG, 3, 42);
    StoreFixture.Run whole = requireComputed(3 * PICTURES, 0, views);
    Path shard = StoreFixture.shards(root).get(0);
    byte[] bytes = Files.readAllBytes(shard);
    int rowBytes = whole.rows().get("0.png").length;
    for (int row = 1; row <= 3; row++) {
      bytes[bytes.length - row * rowBytes] ^= 1;
    }
    Files.delete(shard);
    Files.write(shard, bytes);
    StoreFixture.requireSameRows(whole, requireComputed(3, 3 * PICTURES - 3, views));
  }

  private StoreFixture.Run requireComputed(int computed, int reused, LabeledImages images) {
    StoreFixture.Run run = fixture.run(prefix, cache, images);
    assertThat(run.computed()).isEqualTo(computed);
    assertThat(run.reused()).isEqualTo(reused);
    assertThat(run.rows()).hasSize(images.images().size());
    return run;
  }

  private FeatureExtractor extractor(OnBadImage onBadImage) {
    return new FeatureExtractor(prefix, cache, onBadImage, fixture.progress());
  }
}

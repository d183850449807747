package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.backbone.FrozenLayers;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.image.Augmentation;
import io.graft.runtime.Progress;
import io.graft.tensors.TensorType;
import io.graft.testing.TestPictures;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests stores that hold a subset of the rows of another store. */
class RowSubsetTest {

  private static final int IMAGES = 9;
  private static final int[] CHOSEN = {7, 2, 3, 8};

  private final FrozenLayers frozen = StoreFixture.frozen(1);

  @TempDir Path folder;
  private LabeledImages images;

  @BeforeEach
  void writeImages() {
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(folder.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
    images = ImageFolder.open(folder);
  }

  @AfterEach
  void close() {
    frozen.close();
  }

  @Test
  void hasTheChosenRowsAndClosingKeepsTheOtherStoreOpen() {
    try (Extraction whole = extractor(FeatureCache.off()).extract(images, TensorType.F16)) {
      Extraction some = whole.subset(CHOSEN);
      assertThat(some.images())
          .containsExactly(
              whole.images().get(7),
              whole.images().get(2),
              whole.images().get(3),
              whole.images().get(8));
      assertThat(some.rowsComputed()).isZero();
      assertThat(some.rowsReused()).isEqualTo(CHOSEN.length);
      FeatureStore store = some.store();
      assertThat(store.rows()).isEqualTo(CHOSEN.length);
      assertThat(store.isKept()).isTrue();
      for (int i = 0; i < CHOSEN.length; i++) {
        assertThat(store.label(i)).isEqualTo(whole.store().label(CHOSEN[i]));
        assertThat(store.labels()[i]).isEqualTo(store.label(i));
      }
      List<ByteBuffer> read = read(store, new int[] {3, 0, 1, 2, 0});
      FeatureStore subset = store.subset(new int[] {1, 0});
      assertThat(read(subset, new int[] {0, 1})).isEqualTo(read(whole.store(), new int[] {2, 7}));
      subset.close();
      assertThat(read(store, new int[] {3, 0, 1, 2, 0})).isEqualTo(read);
      some.close();
      assertThat(read(whole.store(), new int[] {8, 7, 2, 3, 7})).isEqualTo(read);
    }
  }

  /** The expected bytes are those of the JDK's SHA-256. */
  @Test
  void hasTheContentsOfItsFilesWithoutReadingThemAgain() throws Exception {
    try (Extraction whole = extractor(FeatureCache.off()).extract(images, TensorType.F16)) {
      List<byte[]> digests = new ArrayList<>();
      for (int row : CHOSEN) {
        Path file = whole.images().get(row).path();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        digests.add(Arrays.copyOf(digest, ContentDigests.DIGEST_BYTES));
      }
      digests.sort(Arrays::compareUnsigned);
      ByteBuffer expected = ByteBuffer.allocate(CHOSEN.length * ContentDigests.DIGEST_BYTES);
      digests.forEach(expected::put);
      for (LabeledImage image : whole.images()) {
        Files.delete(image.path());
      }
      Extraction some = whole.subset(CHOSEN);
      assertThat(some.contents().bytes()).isEqualTo(expected.array());
      assertThat(some.countIn(whole.contents())).isEqualTo(CHOSEN.length);
    }
  }

  /** The announced order reaches the whole store, which computes exactly these rows ahead. */
  @Test
  void chosenRowsAreComputedAheadAndOnlyOnce() {
    try (Extraction whole =
        extractor(FeatureCache.off()).extract(images, TensorType.F16, Augmentation.STRONG, 5)) {
      FeatureStore some = whole.store().subset(CHOSEN);
      assertThat(some.isKept()).isFalse();
      int[] order = {2, 0, 3, 1};
      int[] orderOfWhole = {3, 7, 8, 2};
      for (long epoch = 0; epoch < 3; epoch++) {
        int before = whole.rowsComputed();
        some.ahead(order, 2, epoch);
        List<ByteBuffer> read = read(some, order);
        assertThat(whole.rowsComputed() - before).isEqualTo(order.length);
        whole.store().ahead(orderOfWhole, 2, epoch);
        assertThat(read(whole.store(), orderOfWhole)).isEqualTo(read);
        assertThat(whole.rowsComputed() - before).isEqualTo(2 * order.length);
      }
    }
  }

  private static List<ByteBuffer> read(FeatureStore store, int[] order) {
    List<ByteBuffer> rows = new ArrayList<>();
    for (int row : order) {
      ByteBuffer buffer = ByteBuffer.allocate(store.rowBytes());
      store.read(row, buffer);
      rows.add(buffer.flip());
    }
    return rows;
  }

  private FeatureExtractor extractor(FeatureCache cache) {
    return new FeatureExtractor(frozen, cache, OnBadImage.FAIL, Progress.NONE);
  }
}

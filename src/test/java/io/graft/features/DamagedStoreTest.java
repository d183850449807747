package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.backbone.FrozenLayers;
import io.graft.data.ImageFolder;
import io.graft.tensors.TensorType;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that damaged files of the store are never used and always recomputed. */
class DamagedStoreTest {

  private static final int IMAGES = 6;

  private final StoreFixture fixture = new StoreFixture();
  private final FrozenLayers frozen = StoreFixture.frozen(1);

  @TempDir Path folder;
  private FeatureCache cache;
  private ImageFolder images;
  private StoreFixture.Run original;
  private Path shard;

  @BeforeEach
  void fill() throws IOException {
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(folder.resolve("images/" + i % 2 + "/" + i + ".png"), i, 10 * i);
    }
    images = ImageFolder.open(folder.resolve("images"));
    cache = FeatureCache.at(folder.resolve("features"));
    original = fixture.run(frozen, cache, images);
    shard = StoreFixture.shards(folder.resolve("features")).get(0);
  }

  @AfterEach
  void close() {
    frozen.close();
  }

  @Test
  void onlyTheDamagedRowIsRecomputed() throws IOException {
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    replace(bytes);

    StoreFixture.Run repaired = fixture.run(frozen, cache, images);

    assertThat(repaired.computed()).isEqualTo(1);
    assertThat(repaired.reused()).isEqualTo(IMAGES - 1);
    StoreFixture.requireSameRows(original, repaired);
    assertThat(fixture.notes).singleElement().asString().contains("damaged", ".png");
    assertThat(shard).doesNotExist();
    assertThat(fixture.run(frozen, cache, images).computed()).isZero();
    assertThat(cache.verify()).isEmpty();
  }

  @Test
  void everyFlippedBitIsDetected() throws IOException {
    byte[] bytes = Files.readAllBytes(shard);
    int dataStart = 8 + (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    int rowsStart = bytes.length - IMAGES * original.rows().get("0.png").length;
    Random random = new Random(3);
    int[] flipped = new int[60];
    for (int i = 0; i < flipped.length; i++) {
      // Alternates between the header, the index and the rows.
      int from = i % 3 == 0 ? 0 : i % 3 == 1 ? dataStart : rowsStart;
      int to = i % 3 == 0 ? dataStart : i % 3 == 1 ? rowsStart : bytes.length;
      flipped[i] = from + random.nextInt(to - from);
    }
    for (int at : flipped) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      replace(damaged);
      StoreFixture.Run run = fixture.run(frozen, cache, images);
      StoreFixture.requireSameRows(original, run);
      // The header is padded with spaces, and a tab is equally valid.
      if (run.computed() == 0) {
        assertThat(damaged[at]).as("byte " + at).isEqualTo((byte) '\t');
      }
    }
  }

  @Test
  void truncatedOrEmptyShardIsRecomputed() throws IOException {
    byte[] bytes = Files.readAllBytes(shard);
    for (int length : new int[] {0, 7, 8, 100, bytes.length / 2, bytes.length - 1}) {
      replace(Arrays.copyOf(bytes, length));
      StoreFixture.Run run = fixture.run(frozen, cache, images);
      assertThat(run.computed()).as("cut to " + length).isEqualTo(IMAGES);
      StoreFixture.requireSameRows(original, run);
    }
    assertThat(fixture.notes).hasSize(6).allMatch(note -> note.contains("recomputed"));
  }

  @Test
  void shardOfAnotherKeyIsNotUsed() throws IOException {
    try (FrozenLayers other = StoreFixture.frozen(2)) {
      StoreFixture.Run expected = fixture.run(other, FeatureCache.off(), images);
      Path foreign = folder.resolve("features").resolve(StoreKey.of(other, TensorType.F16).id());
      Files.createDirectories(foreign);
      Files.copy(shard, foreign.resolve(shard.getFileName()));
      StoreFixture.Run run = fixture.run(other, cache, images);
      assertThat(run.computed()).isEqualTo(IMAGES);
      StoreFixture.requireSameRows(expected, run);
    }
  }

  @Test
  void verifyReportsAndRemovesDamagedRowsAndKeepsTheRest() throws IOException {
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 64;
    replace(bytes);

    assertThat(cache.verify())
        .singleElement()
        .asString()
        .contains(shard.toString(), "1 of its " + IMAGES + " rows");

    assertThat(cache.verify()).isEmpty();
    StoreFixture.Run run = fixture.run(frozen, cache, images);
    assertThat(run.computed()).isEqualTo(1);
    StoreFixture.requireSameRows(original, run);
  }

  /** Replaces all shards by one with this content. Shards that are mapped keep their content. */
  private void replace(byte[] bytes) throws IOException {
    for (Path other : StoreFixture.shards(folder.resolve("features"))) {
      Files.delete(other);
    }
    Files.write(shard, bytes);
  }
}

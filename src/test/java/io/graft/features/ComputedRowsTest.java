package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenLayers;
import io.graft.data.ImageFolder;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.testing.DirectMemory;
import io.graft.testing.TestPictures;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests rows that are computed each time they are read. */
class ComputedRowsTest {

  private static final int SIZE = 64;
  private static final int IMAGES = 23;

  /** Not a multiple of the number of images in a forward pass. */
  private static final int BATCH = 9;

  @TempDir Path folder;

  private ImageFolder images() {
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(folder.resolve(i % 2 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
    return ImageFolder.open(folder);
  }

  private static byte[] read(FeatureStore store, int row) {
    byte[] bytes = new byte[store.rowBytes()];
    store.read(row, ByteBuffer.wrap(bytes));
    return bytes;
  }

  @Test
  void equalStoredRowsInAnyOrderAndReuseBuffers() {
    StoreFixture fixture = new StoreFixture();
    ImageFolder images = images();
    InputSpec input = InputSpec.TORCHVISION.withSize(SIZE);
    Network scale = new Network("scale", new Shape(3, SIZE, SIZE), StoreFixture.SCALE.layers());
    try (FrozenLayers frozen = StoreFixture.frozen(scale, input, 1);
        Extraction kept = fixture.extractor(frozen, FeatureCache.off()).extract(images);
        Extraction computed =
            fixture.extractor(frozen, FeatureCache.off().withMaxBytes(0)).extract(images)) {
      assertThat(computed.store().isKept()).isFalse();
      List<byte[]> expected = new ArrayList<>();
      for (int row = 0; row < IMAGES; row++) {
        expected.add(read(kept.store(), row));
      }
      long limit = Long.MAX_VALUE;
      for (int epoch = 0; epoch < 3; epoch++) {
        int[] order = IntStream.range(0, IMAGES).map(i -> i * 5 % IMAGES).toArray();
        computed.store().ahead(order, BATCH, epoch);
        for (int i = 0; i < IMAGES; i++) {
          assertThat(read(computed.store(), order[i])).isEqualTo(expected.get(order[i]));
          int another = order[(i + IMAGES / 2) % IMAGES];
          assertThat(read(computed.store(), another)).isEqualTo(expected.get(another));
          assertThat(DirectMemory.bytes()).isLessThan(limit);
        }
        // Reading a small file takes less direct memory than one row.
        limit = DirectMemory.bytes() + computed.store().rowBytes();
      }
    }
  }
}

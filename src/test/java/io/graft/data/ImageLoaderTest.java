package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.image.InputSpec;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.awt.Color;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImageLoaderTest {

  private static final int COUNT = 23;
  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(8);
  private static final LoaderOptions OPTIONS = LoaderOptions.defaults().withBatchSize(4);

  @TempDir Path root;

  private final List<BadImage> skipped = new ArrayList<>();

  @BeforeEach
  void writeImages() {
    for (int i = 0; i < COUNT; i++) {
      ImageFiles.draw(path(i), new Color(level(i), level(i), 255 - level(i)));
    }
  }

  @AfterEach
  void requireNoThreads() throws InterruptedException {
    Loaders.requireNoThreads();
  }

  @ParameterizedTest
  @CsvSource({"1,1,4", "2,2,4", "8,1,5", "3,4,1", "2,2,100"})
  void readsEveryImageInOrder(int threads, int prefetchBatches, int batchSize) {
    ImageLoader loader =
        loader(
            new LoaderOptions(
                batchSize, threads, prefetchBatches, OnBadImage.FAIL, OptionalLong.empty()));

    List<Integer> sizes = new ArrayList<>();
    assertThat(read(loader.batches(), batch -> sizes.add(batch.size())))
        .containsExactlyElementsOf(IntStream.range(0, COUNT).boxed().toList());
    assertThat(sizes).hasSize((COUNT + batchSize - 1) / batchSize);
    assertThat(sizes.subList(0, sizes.size() - 1)).allMatch(size -> size == batchSize);
  }

  @Test
  void pixelsAreDirectBuffersInNativeOrder() {
    try (Batches batches = loader(OPTIONS).batches();
        ImageBatch batch = batches.next()) {
      ByteBuffer pixels = batch.pixels();
      assertThat(pixels.isDirect()).isTrue();
      assertThat(pixels.order()).isEqualTo(ByteOrder.nativeOrder());
      assertThat(pixels.position()).isZero();
      assertThat(pixels.limit()).isEqualTo(4 * 8 * 8 * 3);
      pixels.get();
      assertThat(batch.pixels().position()).isZero();
    }
  }

  @Test
  void shufflesBySeedAndEpoch() {
    ImageLoader loader = loader(OPTIONS.withShuffleSeed(5));
    List<Integer> first = read(loader.batches());

    assertThat(first)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, COUNT).boxed().toList())
        .isNotEqualTo(read(loader(OPTIONS).batches()))
        .isNotEqualTo(read(loader.batches(1)))
        .isNotEqualTo(read(loader(OPTIONS.withShuffleSeed(6)).batches()))
        .isEqualTo(read(loader.batches(0)))
        .isEqualTo(read(loader(OPTIONS.withShuffleSeed(5).withThreads(1)).batches()));
  }

  @Test
  void badImagesAreSkippedAndLeaveNoGaps() throws IOException {
    LabeledImages listed = ImageFolder.open(root);
    ImageFiles.write(path(0), "text");
    Files.delete(path(2));
    ImageFiles.write(path(6), "");
    for (int i = 8; i < 12; i++) {
      ImageFiles.write(path(i), "a whole batch");
    }
    ImageFiles.write(path(22), "the last image");
    ImageLoader loader = new ImageLoader(listed, INPUT, OPTIONS, skipped::add);

    List<Integer> sizes = new ArrayList<>();
    List<Integer> indices = read(loader.batches(), batch -> sizes.add(batch.size()));

    assertThat(indices).containsExactly(1, 3, 4, 5, 7, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21);
    assertThat(sizes).containsExactly(2, 3, 4, 4, 2);
    assertThat(skipped)
        .extracting(BadImage::path)
        .containsExactly(path(0), path(2), path(6), path(8), path(9), path(10), path(11), path(22));
    assertThat(skipped).extracting(BadImage::reason).allMatch(reason -> !reason.isBlank());
  }

  @Test
  void failNamesTheFirstBadImage() {
    LabeledImages listed = ImageFolder.open(root);
    ImageFiles.write(path(5), "text");
    ImageFiles.write(path(6), "text");
    ImageLoader loader =
        new ImageLoader(listed, INPUT, OPTIONS.withOnBadImage(OnBadImage.FAIL), skipped::add);

    try (Batches batches = loader.batches()) {
      batches.next().close();
      assertThatThrownBy(batches::next)
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("Cannot decode the image " + path(5) + ": ")
          .hasMessageContaining("skip such images");
      assertThatThrownBy(batches::hasNext).isInstanceOf(IllegalStateException.class);
    }
    assertThat(skipped).isEmpty();
  }

  @Test
  void closingAtAnyPointEndsTheThreads() throws InterruptedException {
    ImageLoader loader = loader(OPTIONS.withThreads(3));
    loader.batches().close();
    for (int read = 1; read < 6; read++) {
      Batches batches = loader.batches();
      for (int i = 0; i < read; i++) {
        batches.next().close();
      }
      assertThat(batches.hasNext()).isTrue();
      batches.close();
      batches.close();
      Loaders.requireNoThreads();
      assertThatThrownBy(batches::hasNext).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void failureOfTheListenerEndsTheThreads() {
    LabeledImages listed = ImageFolder.open(root);
    ImageFiles.write(path(3), "text");
    Consumer<BadImage> failing =
        bad -> {
          throw new UnsupportedOperationException("listener");
        };

    Batches batches = new ImageLoader(listed, INPUT, OPTIONS, failing).batches();

    assertThatThrownBy(batches::hasNext).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void batchStaysUsableAfterBatchesAreClosed() {
    Batches batches = loader(OPTIONS).batches();
    ImageBatch batch = batches.next();
    batches.close();

    assertThat(Byte.toUnsignedInt(batch.pixels().get(0))).isEqualTo(level(0));
    batch.close();
    assertThatThrownBy(batch::pixels).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void allocatesOneBufferMoreThanItPrefetches(int prefetchBatches) throws InterruptedException {
    ImageLoader loader =
        loader(OPTIONS.withBatchSize(2).withThreads(4).withPrefetchBatches(prefetchBatches));

    for (int epoch = 0; epoch < 3; epoch++) {
      try (Batches batches = loader.batches()) {
        while (batches.hasNext()) {
          try (ImageBatch batch = batches.next()) {
            Thread.sleep(2);
            batch.close();
          }
        }
      }
      assertThat(loader.pool().allocated()).isEqualTo(prefetchBatches + 1);
    }
  }

  @Test
  void refusesToContinueWhileTheCallerHoldsAllBuffers() {
    try (Batches batches = loader(OPTIONS.withPrefetchBatches(1)).batches();
        ImageBatch first = batches.next();
        ImageBatch second = batches.next()) {
      assertThat(first.indices()[0]).isZero();
      assertThat(second.indices()[0]).isEqualTo(4);
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("All 2 batches of the loader are in use");
    }
  }

  @Test
  void twoEpochsCanBeReadConcurrently() {
    ImageLoader loader = loader(OPTIONS);
    List<Integer> first = new ArrayList<>();
    List<Integer> second = new ArrayList<>();
    try (Batches one = loader.batches();
        Batches other = loader.batches()) {
      while (one.hasNext() && other.hasNext()) {
        try (ImageBatch a = one.next();
            ImageBatch b = other.next()) {
          first.addAll(check(a));
          second.addAll(check(b));
        }
      }
      assertThat(one.hasNext()).isFalse();
      assertThat(other.hasNext()).isFalse();
      assertThatThrownBy(one::next).isInstanceOf(NoSuchElementException.class);
    }
    assertThat(first).hasSize(COUNT).isEqualTo(second);
  }

  @Test
  void interruptEndsReadingAndKeepsTheInterruptFlag() {
    try (Batches batches = loader(OPTIONS).batches()) {
      batches.next().close();
      Thread.currentThread().interrupt();
      assertThatThrownBy(batches::next).isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void closingFromAnotherThreadEndsAWait() throws InterruptedException {
    for (int repetition = 0; repetition < 20; repetition++) {
      Batches batches = loader(OPTIONS.withBatchSize(COUNT).withThreads(1)).batches();
      Thread closer = new Thread(batches::close);
      closer.start();
      try {
        batches.next().close();
      } catch (IllegalStateException e) {
        assertThat(e).hasMessageNotContaining("in use");
      }
      closer.join();
    }
  }

  @Test
  void refusesInvalidOptions() {
    assertThatThrownBy(() -> OPTIONS.withBatchSize(0))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("batch size is 0");
    assertThatThrownBy(() -> OPTIONS.withThreads(-1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("threads is -1");
    assertThatThrownBy(() -> OPTIONS.withPrefetchBatches(0))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("prefetched batches is 0");
    InputSpec huge = InputSpec.TORCHVISION.withSize(6000);
    LabeledImages images = ImageFolder.open(root);
    assertThatThrownBy(
            () -> new ImageLoader(images, huge, OPTIONS.withBatchSize(COUNT), skipped::add))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("at most 19 images of 6000 x 6000");
  }

  private ImageLoader loader(LoaderOptions options) {
    return new ImageLoader(ImageFolder.open(root), INPUT, options, skipped::add);
  }

  private static List<Integer> read(Batches batches) {
    return read(batches, batch -> {});
  }

  private static List<Integer> read(Batches batches, Consumer<ImageBatch> listener) {
    List<Integer> indices = new ArrayList<>();
    try (batches) {
      while (batches.hasNext()) {
        try (ImageBatch batch = batches.next()) {
          listener.accept(batch);
          indices.addAll(check(batch));
        }
      }
    }
    return indices;
  }

  /** Checks the pixels and labels of a batch against its indices, and returns the indices. */
  private static List<Integer> check(ImageBatch batch) {
    ByteBuffer pixels = batch.pixels();
    assertThat(pixels.remaining()).isEqualTo(batch.size() * INPUT.bytes());
    for (int row = 0; row < batch.size(); row++) {
      int index = batch.indices()[row];
      assertThat(batch.labels()[row]).isEqualTo(index < 12 ? 0 : 1);
      for (int pixel = 0; pixel < INPUT.bytes() / 3; pixel++) {
        assertThat(Byte.toUnsignedInt(pixels.get())).isEqualTo(level(index));
        assertThat(Byte.toUnsignedInt(pixels.get())).isEqualTo(level(index));
        assertThat(Byte.toUnsignedInt(pixels.get())).isEqualTo(255 - level(index));
      }
    }
    return IntStream.of(batch.indices()).boxed().toList();
  }

  private Path path(int index) {
    return root.resolve(index < 12 ? "a" : "b").resolve(String.format("%02d.png", index));
  }

  private static int level(int index) {
    return 10 * index + 3;
  }
}

package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.image.Augmentation;
import io.graft.image.InputSpec;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import io.graft.testing.TestPictures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ViewTest {

  private static final int IMAGES = 7;
  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(8);
  private static final GoldenTensors TORCHVISION = GoldenTensors.open("/golden/views.safetensors");

  @TempDir Path root;

  private final List<BadImage> skipped = new ArrayList<>();

  /** The positions, labels and pixels of the images that were read. */
  private record Read(List<Integer> indices, List<Integer> labels, List<String> pixels) {}

  @BeforeEach
  void writeImages() {
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(path(i), i, 20 * i);
    }
  }

  @AfterEach
  void requireNoThreads() throws InterruptedException {
    Loaders.requireNoThreads();
  }

  static Stream<String> viewsOfFiles() {
    return TORCHVISION.names().stream().filter(name -> name.startsWith("rgb"));
  }

  @ParameterizedTest
  @MethodSource("viewsOfFiles")
  void viewsEqualTorchvisions(String name) throws IOException {
    String[] parts = name.split("\\.", -1);
    Path file = root.resolve("a/copy.bin");
    try (InputStream content =
        ViewTest.class.getResourceAsStream("/golden/formats/" + parts[0] + "." + parts[1])) {
      Files.write(file, content.readAllBytes());
    }
    View view = new View(Augmentation.STRONG, Long.parseLong(parts[2]), Integer.parseInt(parts[3]));
    LabeledImages one =
        ImageFolder.open(root).only(List.of(new LabeledImage(file, 0).withView(view)));
    assertThat(read(one, InputSpec.TORCHVISION.withSize(28), 1).pixels())
        .containsExactly(Arrays.toString(TORCHVISION.bytes(name)));
  }

  @Test
  void everyImageIsFollowedByItsViews() {
    LabeledImages plain = ImageFolder.open(root);
    LabeledImages all = plain.withViews(Augmentation.CROP, 3, 42);
    assertThat(all.images()).hasSize(3 * IMAGES);
    for (int i = 0; i < all.images().size(); i++) {
      LabeledImage image = all.images().get(i);
      assertThat(image.withView(View.PLAIN)).isEqualTo(plain.images().get(i / 3));
      assertThat(image.view()).isEqualTo(new View(Augmentation.CROP, 42, i % 3));
      assertThat(all.relativePath(image)).isEqualTo(plain.relativePath(plain.images().get(i / 3)));
    }
    assertThat(all.classes()).isEqualTo(plain.classes());
    assertThat(plain.withViews(Augmentation.CROP, 1, 42).images()).isEqualTo(plain.images());
    assertThat(plain.withViews(Augmentation.NONE, 1, 42).images()).isEqualTo(plain.images());
    assertThat(all.withViews(Augmentation.FLIP, 2, 1).images())
        .as("views are replaced")
        .isEqualTo(plain.withViews(Augmentation.FLIP, 2, 1).images());
    assertThat(all.withClasses(List.of("z", "b", "a")).images())
        .as("relabelled")
        .extracting(LabeledImage::view)
        .isEqualTo(all.images().stream().map(LabeledImage::view).toList());
    assertThat(DataListing.sha256(all))
        .isNotEqualTo(DataListing.sha256(plain))
        .isNotEqualTo(DataListing.sha256(plain.withViews(Augmentation.CROP, 3, 43)));
  }

  @Test
  void plainViewsAreEqual() {
    assertThat(new View(Augmentation.STRONG, 9, 0)).isEqualTo(View.PLAIN);
    assertThat(new View(Augmentation.NONE, 9, 4)).isEqualTo(View.PLAIN);
    assertThat(View.PLAIN.isPlain()).isTrue();
    assertThat(new View(Augmentation.FLIP, 9, 4).isPlain()).isFalse();
    assertThat(new LabeledImage(Path.of("1.png"), 2).withView(new View(Augmentation.FLIP, 9, 4)))
        .hasToString("LabeledImage[1.png, label 2, view 4]");
    assertThat(new View(Augmentation.FLIP, 9, 4).canonical())
        .isEqualTo("view-1 " + Augmentation.FLIP.canonical() + " seed=9 number=4");
  }

  @Test
  void splitKeepsTheViewsOfAFileTogether() {
    LabeledImages plain = ImageFolder.open(root);
    Split expected = plain.split(0.4, 3);
    Split split = plain.withViews(Augmentation.CROP, 3, 42).split(0.4, 3);
    assertThat(split.train().images())
        .isEqualTo(expected.train().withViews(Augmentation.CROP, 3, 42).images());
    assertThat(split.validation().images())
        .isEqualTo(expected.validation().withViews(Augmentation.CROP, 3, 42).images());
  }

  @ParameterizedTest
  @CsvSource({"1,1", "2,3", "4,2", "100,8"})
  void viewsDependOnlyOnContentSeedAndNumber(int batchSize, int threads) throws IOException {
    LabeledImages plain = ImageFolder.open(root);
    Read once = read(plain, INPUT, 4);
    LoaderOptions options = LoaderOptions.defaults().withBatchSize(batchSize).withThreads(threads);
    LabeledImages all = plain.withViews(Augmentation.STRONG, 4, 42);
    Read views = read(new ImageLoader(all, INPUT, options, skipped::add).batches());

    assertThat(views.indices())
        .containsExactlyElementsOf(IntStream.range(0, 4 * IMAGES).boxed().toList());
    assertThat(new HashSet<>(views.pixels())).hasSize(4 * IMAGES);
    assertThat(every(4, 0, views.pixels())).isEqualTo(once.pixels());
    assertThat(every(4, 3, views.labels())).isEqualTo(once.labels());
    ImageLoader loader = new ImageLoader(plain, INPUT, options, skipped::add);
    int[] order = IntStream.range(0, IMAGES).toArray();
    for (int number = 0; number < 4; number++) {
      assertThat(read(loader.batches(order, new View(Augmentation.STRONG, 42, number))).pixels())
          .isEqualTo(every(4, number, views.pixels()));
    }
    assertThat(read(loader.batches(order, new View(Augmentation.STRONG, 43, 1))).pixels())
        .doesNotContainAnyElementsOf(views.pixels());

    Path renamed = Files.move(path(2), root.resolve("b/a-new-name.png"));
    LabeledImages after = ImageFolder.open(root);
    int moved = after.images().indexOf(new LabeledImage(renamed, 1));
    View second = new View(Augmentation.STRONG, 42, 2);
    Read one =
        read(
            new ImageLoader(after, INPUT, options, skipped::add)
                .batches(new int[] {moved}, second));
    assertThat(one.pixels()).containsExactly(views.pixels().get(4 * 2 + 2));
  }

  @Test
  void chosenImagesAreReadInTheGivenOrder() {
    LabeledImages plain = ImageFolder.open(root);
    Read all = read(plain, INPUT, 4);
    for (int batchSize : new int[] {1, 3, 100}) {
      ImageLoader loader =
          new ImageLoader(
              plain,
              INPUT,
              LoaderOptions.defaults().withBatchSize(batchSize).withShuffleSeed(1),
              skipped::add);
      int[] order = {5, 5, 0, 6, 5, 1, 1, 1, 2, 0, 3, 3, 4};
      Read chosen = read(loader.batches(order));
      assertThat(chosen.indices()).containsExactlyElementsOf(boxed(order));
      assertThat(chosen.pixels())
          .containsExactlyElementsOf(
              IntStream.of(order).mapToObj(i -> all.pixels().get(i)).toList());
      assertThat(read(loader.batches(new int[0])).indices()).isEmpty();
      assertThatThrownBy(() -> loader.batches(new int[] {0, IMAGES}))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> loader.batches(new int[] {-1}, View.PLAIN))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void badFileWithSeveralViewsIsReportedOnce() {
    LabeledImages all = ImageFolder.open(root).withViews(Augmentation.CROP, 3, 1);
    TestPictures.writeCutOff(path(1));
    TestPictures.writeCutOff(path(4));
    for (int batchSize : new int[] {1, 2, 5, 100}) {
      skipped.clear();
      LoaderOptions options = LoaderOptions.defaults().withBatchSize(batchSize);
      ImageLoader loader = new ImageLoader(all, INPUT, options, skipped::add);
      for (int epoch = 0; epoch < 2; epoch++) {
        assertThat(read(loader.batches()).indices())
            .containsExactly(0, 1, 2, 6, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20);
      }
      assertThat(skipped)
          .extracting(BadImage::path)
          .containsExactly(path(1), path(4), path(1), path(4));
      ImageLoader failing =
          new ImageLoader(all, INPUT, options.withOnBadImage(OnBadImage.FAIL), skipped::add);
      assertThatThrownBy(() -> read(failing.batches()))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("Cannot decode the image " + path(1) + ": ");
    }
  }

  @Test
  void refusesInvalidNumbersOfViews() {
    LabeledImages plain = ImageFolder.open(root);
    assertThatThrownBy(() -> plain.withViews(Augmentation.CROP, 0, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("views is 0. Expected at least 1");
    assertThatThrownBy(() -> plain.withViews(Augmentation.NONE, 4, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("views is 4. Expected 1 without an augmentation");
    assertThatThrownBy(() -> new View(Augmentation.CROP, 1, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private Read read(LabeledImages images, InputSpec input, int batchSize) {
    LoaderOptions options = LoaderOptions.defaults().withBatchSize(batchSize);
    return read(new ImageLoader(images, input, options, skipped::add).batches());
  }

  private static Read read(Batches batches) {
    Read result = new Read(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    try (batches) {
      while (batches.hasNext()) {
        try (ImageBatch batch = batches.next()) {
          ByteBuffer pixels = batch.pixels();
          result.indices().addAll(boxed(batch.indices()));
          result.labels().addAll(boxed(batch.labels()));
          byte[] image = new byte[pixels.remaining() / batch.size()];
          for (int row = 0; row < batch.size(); row++) {
            pixels.get(image);
            result.pixels().add(Arrays.toString(image));
          }
        }
      }
    }
    return result;
  }

  private static <T> List<T> every(int stride, int first, List<T> values) {
    return IntStream.range(0, values.size() / stride)
        .mapToObj(i -> values.get(first + stride * i))
        .toList();
  }

  private static List<Integer> boxed(int[] values) {
    return IntStream.of(values).boxed().toList();
  }

  private Path path(int index) {
    return root.resolve(index < 4 ? "a" : "b").resolve(index + ".png");
  }
}

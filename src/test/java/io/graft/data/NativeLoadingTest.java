package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.graft.image.Augmentation;
import io.graft.image.InputSpec;
import io.graft.image.input.InputImages;
import io.graft.runtime.Sha256;
import io.graft.testing.Golden;
import io.graft.testing.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loader in processes with and without the C library. */
class NativeLoadingTest {

  @TempDir Path root;

  /** Prints whether the library is used, the names of bad files, and the digest of all pixels. */
  static final class Loading {
    public static void main(String[] arguments) {
      LabeledImages images = ImageFolder.open(Path.of(arguments[0]));
      ImageLoader loader =
          new ImageLoader(
              images,
              InputSpec.TORCHVISION.withSize(64),
              LoaderOptions.defaults().withThreads(4),
              bad -> System.out.println(bad.path().getFileName() + " " + bad.reason()));
      Sha256 digest = new Sha256();
      int[] all = IntStream.range(0, images.images().size()).toArray();
      for (View view : new View[] {View.PLAIN, new View(Augmentation.STRONG, 1, 1)}) {
        try (Batches batches = loader.batches(all, view)) {
          while (batches.hasNext()) {
            try (ImageBatch batch = batches.next()) {
              digest.add(batch.pixels());
            }
          }
        }
      }
      System.out.println(digest.hex());
      System.err.println(InputImages.absence().orElse("used"));
    }
  }

  private JavaProcess.Result load(Path data, String variable, String... options) throws Exception {
    String[] command = Stream.of(options).toArray(String[]::new);
    return JavaProcess.run(
        root,
        Map.of("GRAFT_NATIVE", variable),
        Path.of(System.getProperty("graft.test.classpath", "")),
        Stream.of(Stream.of(command), Stream.of(Loading.class.getName(), data.toString()))
            .flatMap(words -> words)
            .toArray(String[]::new));
  }

  @Test
  void loadedPixelsAreTheSameWithoutTheLibrary() throws Exception {
    assumeTrue(InputImages.absence().isEmpty(), "the C library is not used");
    Path data = Files.createDirectories(root.resolve("data/a")).getParent();
    Files.createDirectories(data.resolve("b"));
    try (Stream<Path> files = Files.list(Golden.path("formats"))) {
      for (Path file : files.sorted().toList()) {
        byte[] content = Files.readAllBytes(file);
        Files.write(data.resolve("a").resolve(file.getFileName()), content);
        byte[] half = Arrays.copyOf(content, content.length / 2);
        Files.write(data.resolve("b").resolve(file.getFileName()), half);
      }
    }
    JavaProcess.Result with = load(data, "on");
    JavaProcess.Result without = load(data, "off");
    assertThat(with.err()).contains("used");
    assertThat(without.err()).contains("turned off by the environment variable GRAFT_NATIVE");
    assertThat(with.out()).isEqualTo(without.out());
    assertThat(with.out().lines().count()).isGreaterThan(10);
  }

  @Test
  void hugePhotographAmongThumbnailsNeedsLittleHeap() throws Exception {
    assumeTrue(InputImages.absence().isEmpty(), "the C library is not used");
    Path data = Files.createDirectories(root.resolve("data/a")).getParent();
    Files.createDirectories(data.resolve("b"));
    Files.write(data.resolve("a/huge.jpg"), HugeImageTest.greyJpeg(12_000, 9_000));
    for (int i = 0; i < 8; i++) {
      Files.write(data.resolve("b").resolve(i + ".jpg"), HugeImageTest.greyJpeg(160, 120));
    }
    // Java's decoder needs 324 MB for the pixels alone.
    JavaProcess.Result result = load(data, "on", "-Xmx64m");
    assertThat(result.err()).contains("used");
    assertThat(result.out()).hasLineCount(1);
  }
}

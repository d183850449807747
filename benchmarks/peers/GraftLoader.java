package io.graft.benchmarks;

import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageFolder;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.image.Decode;
import io.graft.image.InputSpec;
import io.graft.image.input.InputImages;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Brings JPEG files to 224 x 224 with Graft, from bytes in memory and by the loader from files. */
public final class GraftLoader {

  private static final int BATCH = 32;

  private GraftLoader() {}

  /**
   * Arguments: a folder with one folder of images per class, {@code memory} or the number of
   * threads of the loader, how often all are read in one measurement, {@code exact} or {@code
   * fast}, and {@code native} or {@code java}. Measures once for each line of input.
   */
  public static void main(String[] arguments) throws Exception {
    LabeledImages images = ImageFolder.open(Path.of(arguments[0]));
    int repeats = Integer.parseInt(arguments[2]);
    InputSpec spec =
        InputSpec.TORCHVISION.withDecode(Decode.valueOf(arguments[3].toUpperCase(Locale.ROOT)));
    Optional<String> absence = InputImages.absence();
    if (arguments[4].equals("native") == absence.isPresent()) {
      throw new IllegalStateException(
          "Asked for %s, but the C library is %s".formatted(arguments[4], absence.orElse("there")));
    }
    Work work =
        arguments[1].equals("memory")
            ? inMemory(images, spec)
            : fromFiles(images, spec, Integer.parseInt(arguments[1]));
    // The Java virtual machine compiles what is called often.
    long warm = System.nanoTime();
    while (System.nanoTime() - warm < 6_000_000_000L) {
      measure(work, images.images().size(), repeats);
    }
    System.out.println("ready");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (lines.readLine() != null) {
      System.out.println(measure(work, images.images().size(), repeats));
    }
  }

  /** Reads all images once. */
  private interface Work {
    void run() throws Exception;
  }

  private static Work inMemory(LabeledImages images, InputSpec spec) throws Exception {
    InputImages inputs = new InputImages(spec);
    List<byte[]> files = new ArrayList<>();
    for (var image : images.images()) {
      files.add(Files.readAllBytes(image.path()));
    }
    ByteBuffer pixels = ByteBuffer.allocateDirect(spec.bytes());
    return () -> {
      for (byte[] file : files) {
        inputs.write(file, pixels.clear());
      }
    };
  }

  private static Work fromFiles(LabeledImages images, InputSpec spec, int threads) {
    LoaderOptions options =
        LoaderOptions.defaults().withBatchSize(BATCH).withThreads(threads).withPrefetchBatches(4);
    ImageLoader loader =
        new ImageLoader(
            images,
            spec,
            options,
            bad -> {
              throw new IllegalStateException(bad.toString());
            });
    return () -> {
      try (Batches batches = loader.batches()) {
        while (batches.hasNext()) {
          try (ImageBatch batch = batches.next()) {
            if (batch.pixels().remaining() != batch.labels().length * spec.bytes()) {
              throw new IllegalStateException("An image is missing");
            }
          }
        }
      }
    };
  }

  private static String measure(Work work, int images, int repeats) throws Exception {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long processor = system.getProcessCpuTime();
    long start = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      work.run();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double milliseconds = (system.getProcessCpuTime() - processor) / 1e6;
    return String.format(
        Locale.ROOT,
        "{\"milliseconds\": %.5f, \"images_per_second\": %.4f}",
        milliseconds / images / repeats,
        images * repeats / seconds);
  }
}

package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Resize;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.translate.Pipeline;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Brings JPEG files to 224 x 224 with DJL's image factory and transforms. */
public final class DjlLoader {

  private DjlLoader() {}

  /**
   * Arguments: a file with the path of an image on each line, the number of threads, and how often
   * the files are read in one measurement. Measures once for each line of input.
   */
  public static void main(String[] arguments) throws Exception {
    List<Path> files = Files.readAllLines(Path.of(arguments[0])).stream().map(Path::of).toList();
    int threads = Integer.parseInt(arguments[1]);
    int repeats = Integer.parseInt(arguments[2]);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      // The Java virtual machine compiles what is called often.
      long warm = System.nanoTime();
      while (System.nanoTime() - warm < 6_000_000_000L) {
        measure(executor, manager, files, threads, repeats);
      }
      System.out.println("ready");
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (lines.readLine() != null) {
        System.out.println(measure(executor, manager, files, threads, repeats));
      }
    } finally {
      executor.shutdown();
    }
  }

  private static String measure(
      ExecutorService executor, NDManager manager, List<Path> files, int threads, int repeats)
      throws Exception {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long processor = system.getProcessCpuTime();
    long start = System.nanoTime();
    List<Future<?>> parts = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int first = i;
      parts.add(
          executor.submit(
              () -> {
                for (int repeat = 0; repeat < repeats; repeat++) {
                  for (int file = first; file < files.size(); file += threads) {
                    read(manager, files.get(file));
                  }
                }
                return null;
              }));
    }
    for (Future<?> part : parts) {
      part.get();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double milliseconds = (system.getProcessCpuTime() - processor) / 1e6;
    double images = (double) files.size() * repeats;
    return String.format(
        Locale.ROOT,
        "{\"milliseconds\": %.5f, \"images_per_second\": %.4f}",
        milliseconds / images,
        images / seconds);
  }

  private static void read(NDManager manager, Path file) throws Exception {
    try (NDManager scratch = manager.newSubManager()) {
      Image image = ImageFactory.getInstance().fromFile(file);
      double scale = 256.0 / Math.min(image.getWidth(), image.getHeight());
      Pipeline transforms =
          new Pipeline(
              new Resize((int) (image.getWidth() * scale), (int) (image.getHeight() * scale)),
              new CenterCrop(224, 224));
      NDArray pixels = transforms.transform(new NDList(image.toNDArray(scratch))).get(0);
      pixels.toByteArray();
    }
  }
}

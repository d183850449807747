package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.Resize;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import ai.djl.translate.Pipeline;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Computes VGG16's features with DJL's own blocks, in a plain loop. */
public final class DjlVgg16 {

  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STANDARD_DEVIATION = {0.229f, 0.224f, 0.225f};

  private DjlVgg16() {}

  /**
   * Arguments: {@code extract}, a file with the path of an image on each line, and the batch size;
   * or {@code backbone} and the number of images per measurement.
   */
  public static void main(String[] arguments) throws Exception {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      SequentialBlock network = vgg16Features();
      network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 224, 224));
      network.freezeParameters(true);
      if (arguments[0].equals("extract")) {
        extract(manager, network, Path.of(arguments[1]), Integer.parseInt(arguments[2]));
      } else {
        backbone(manager, network, Integer.parseInt(arguments[1]));
      }
    }
  }

  /** Extracts the features of image files, which DJL decodes and prepares. */
  private static void extract(
      NDManager manager, SequentialBlock network, Path listing, int batchSize) throws IOException {
    List<Path> images = Files.readAllLines(listing).stream().map(Path::of).toList();
    ParameterStore parameters = new ParameterStore(manager, false);
    long bytes = 0;
    long start = System.nanoTime();
    for (int from = 0; from < images.size(); from += batchSize) {
      int to = Math.min(images.size(), from + batchSize);
      try (NDManager scratch = manager.newSubManager()) {
        NDList inputs = new NDList();
        for (Path image : images.subList(from, to)) {
          inputs.add(read(scratch, image));
        }
        NDArray batch = NDArrays.stack(inputs);
        NDArray features = network.forward(parameters, new NDList(batch), false).get(0);
        bytes += features.toType(DataType.FLOAT16, false).toByteBuffer().remaining();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "{\"images\": %d, \"bytes\": %d, \"extract_images_per_second\": %.4f}%n",
        images.size(),
        bytes,
        images.size() / seconds);
  }

  /** Measures on random pixels in memory, once for each line of input. */
  private static void backbone(NDManager manager, SequentialBlock network, int images)
      throws IOException {
    Map<Integer, Double> speeds = new TreeMap<>();
    for (int size : List.of(1, 4, 8, 32)) {
      measure(manager, network, size, size);
      speeds.put(size, measure(manager, network, size, images));
    }
    int best = Collections.max(speeds.entrySet(), Map.Entry.comparingByValue()).getKey();
    System.out.println("ready");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (lines.readLine() != null) {
      System.out.printf(
          Locale.ROOT,
          "{\"images_per_second\": %.4f, \"batch_size\": %d}%n",
          measure(manager, network, best, images),
          best);
    }
  }

  private static double measure(
      NDManager manager, SequentialBlock network, int batchSize, int images) {
    ParameterStore parameters = new ParameterStore(manager, false);
    long start = System.nanoTime();
    int done = 0;
    for (; done < images; done += batchSize) {
      try (NDManager scratch = manager.newSubManager()) {
        NDArray pixels =
            scratch
                .randomUniform(0, 256, new Shape(batchSize, 224, 224, 3))
                .toType(DataType.UINT8, false);
        NDList inputs = new NDList();
        for (int i = 0; i < batchSize; i++) {
          inputs.add(
              new Pipeline(new ToTensor(), new Normalize(MEAN, STANDARD_DEVIATION))
                  .transform(new NDList(pixels.get(i)))
                  .get(0));
        }
        network
            .forward(parameters, new NDList(NDArrays.stack(inputs)), false)
            .get(0)
            .toFloatArray();
      }
    }
    return done / ((System.nanoTime() - start) / 1e9);
  }

  private static NDArray read(NDManager manager, Path file) throws IOException {
    Image image = ImageFactory.getInstance().fromFile(file);
    double scale = 256.0 / Math.min(image.getWidth(), image.getHeight());
    Pipeline transforms =
        new Pipeline(
            new Resize((int) (image.getWidth() * scale), (int) (image.getHeight() * scale)),
            new CenterCrop(224, 224),
            new ToTensor(),
            new Normalize(MEAN, STANDARD_DEVIATION));
    return transforms.transform(new NDList(image.toNDArray(manager))).get(0);
  }

  private static SequentialBlock vgg16Features() {
    SequentialBlock network = new SequentialBlock();
    int[][] stages = {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}};
    for (int[] stage : stages) {
      for (int i = 0; i < stage[0]; i++) {
        network.add(
            Conv2d.builder()
                .setKernelShape(new Shape(3, 3))
                .optPadding(new Shape(1, 1))
                .setFilters(stage[1])
                .build());
        network.add(Activation::relu);
      }
      network.add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)));
    }
    return network;
  }
}

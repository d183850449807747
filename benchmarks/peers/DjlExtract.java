import ai.djl.Device;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.Resize;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.ndarray.NDArray;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** VGG16's features by DJL's own blocks, image factory and transforms, in a plain loop. */
public final class DjlExtract {

  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STANDARD_DEVIATION = {0.229f, 0.224f, 0.225f};

  private DjlExtract() {}

  /** Arguments: a file with a picture's path per line, and the pictures per forward pass. */
  public static void main(String[] arguments) throws Exception {
    List<Path> pictures = Files.readAllLines(Path.of(arguments[0])).stream().map(Path::of).toList();
    int batchSize = Integer.parseInt(arguments[1]);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      SequentialBlock network = vgg16Features();
      network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 224, 224));
      network.freezeParameters(true);
      ParameterStore parameters = new ParameterStore(manager, false);
      long bytes = 0;
      long start = System.nanoTime();
      for (int from = 0; from < pictures.size(); from += batchSize) {
        int to = Math.min(pictures.size(), from + batchSize);
        try (NDManager scratch = manager.newSubManager()) {
          NDList inputs = new NDList();
          for (Path picture : pictures.subList(from, to)) {
            inputs.add(read(scratch, picture));
          }
          NDArray batch = ai.djl.ndarray.NDArrays.stack(inputs);
          NDArray features = network.forward(parameters, new NDList(batch), false).get(0);
          bytes += features.toType(DataType.FLOAT16, false).toByteBuffer().remaining();
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          java.util.Locale.ROOT,
          "{\"images\": %d, \"bytes\": %d, \"extract_images_per_second\": %.4f}%n",
          pictures.size(),
          bytes,
          pictures.size() / seconds);
    }
  }

  private static NDArray read(NDManager manager, Path picture) throws java.io.IOException {
    Image image = ImageFactory.getInstance().fromFile(picture);
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

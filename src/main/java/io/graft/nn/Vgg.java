package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Builds the VGG networks, with torchvision's parameter names and Keras's layer names.
 *
 * @see <a href="https://arxiv.org/abs/1409.1556">Simonyan and Zisserman, 2014, table 1</a>
 * @see <a
 *     href="https://github.com/pytorch/vision/blob/main/torchvision/models/vgg.py">torchvision's
 *     vgg.py</a>
 */
public final class Vgg {

  /** The number of convolutions in each of the five blocks, by the network's name. */
  private static final Map<String, int[]> CONVOLUTIONS = new LinkedHashMap<>();

  static {
    CONVOLUTIONS.put("vgg11", new int[] {1, 1, 2, 2, 2});
    CONVOLUTIONS.put("vgg13", new int[] {2, 2, 2, 2, 2});
    CONVOLUTIONS.put("vgg16", new int[] {2, 2, 3, 3, 3});
    CONVOLUTIONS.put("vgg19", new int[] {2, 2, 4, 4, 4});
  }

  /** The number of channels of each block, as a multiple of the first block's number. */
  private static final int[] CHANNEL_FACTORS = {1, 2, 4, 8, 8};

  private static final String BATCH_NORM_SUFFIX = "_bn";

  private Vgg() {}

  /**
   * The sizes of a VGG network.
   *
   * @param imageSize the height and width of the input in pixels, a multiple of 32
   * @param firstChannels the number of channels of the first block, 64 in the paper
   * @param hiddenFeatures the number of outputs of {@code fc1} and of {@code fc2}, 4,096 in the
   *     paper
   * @param classes the number of outputs of {@code predictions}, 1,000 for ImageNet
   */
  public record Dimensions(int imageSize, int firstChannels, int hiddenFeatures, int classes) {

    /** The paper's sizes: 224 pixels, 64 channels, 4,096 features, 1,000 classes. */
    public static final Dimensions IMAGENET = new Dimensions(224, 64, 4096, 1000);

    /** Checks that every size is usable. */
    public Dimensions {
      if (imageSize < 32 || imageSize % 32 != 0) {
        throw new InvalidOptionException(
            "A VGG network cannot take images of %d pixels: expected a multiple of 32, at least 32."
                .formatted(imageSize));
      }
      if (firstChannels < 1 || hiddenFeatures < 1 || classes < 1) {
        throw new InvalidOptionException(
            "A VGG network needs at least one channel, feature and class; received %d, %d and %d."
                .formatted(firstChannels, hiddenFeatures, classes));
      }
    }
  }

  /** Returns the names that {@link #network} accepts, those without batch normalisation first. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(CONVOLUTIONS.keySet());
    CONVOLUTIONS.keySet().forEach(name -> names.add(name + BATCH_NORM_SUFFIX));
    return names;
  }

  /**
   * Builds a network with its classifier.
   *
   * @param name the name of the network: {@code vgg11}, {@code vgg13}, {@code vgg16} or {@code
   *     vgg19}; with the ending {@code _bn}, batch normalisation follows every convolution
   * @throws InvalidOptionException if no network has that name
   */
  public static Network network(String name, Dimensions dimensions) {
    boolean batchNorm = name.endsWith(BATCH_NORM_SUFFIX);
    String known = Suggestions.choose("network", name, names(), Function.identity());
    int[] convolutions = CONVOLUTIONS.get(known.replace(BATCH_NORM_SUFFIX, ""));
    List<NamedLayer> layers = new ArrayList<>();
    int channels = addFeatures(layers, convolutions, batchNorm, dimensions.firstChannels());
    addClassifier(layers, channels, dimensions);
    return new Network(name, new Shape(3, dimensions.imageSize(), dimensions.imageSize()), layers);
  }

  private static int addFeatures(
      List<NamedLayer> layers, int[] convolutions, boolean batchNorm, int firstChannels) {
    int inputChannels = 3;
    for (int block = 0; block < convolutions.length; block++) {
      int channels = firstChannels * CHANNEL_FACTORS[block];
      String prefix = "block" + (block + 1);
      for (int i = 1; i <= convolutions[block]; i++) {
        feature(layers, prefix + "_conv" + i, new Layer.Conv2d(inputChannels, channels, 3, 1, 1));
        if (batchNorm) {
          // These are PyTorch's defaults. DJL's momentum 0.9 is one minus PyTorch's 0.1.
          feature(layers, prefix + "_bn" + i, new Layer.BatchNorm2d(channels, 1e-5f, 0.9f));
        }
        feature(layers, prefix + "_relu" + i, new Layer.Relu());
        inputChannels = channels;
      }
      feature(layers, prefix + "_pool", new Layer.MaxPool2d(2, 2));
    }
    return inputChannels;
  }

  private static void feature(List<NamedLayer> layers, String name, Layer layer) {
    layers.add(new NamedLayer(name, "features." + layers.size(), layer));
  }

  private static void addClassifier(List<NamedLayer> layers, int channels, Dimensions dimensions) {
    int hidden = dimensions.hiddenFeatures();
    // torchvision averages the output of the last pooling layer to 7 lines and 7 columns.
    layers.add(new NamedLayer("avgpool", "avgpool", new Layer.AdaptiveAvgPool2d(7)));
    layers.add(new NamedLayer("flatten", "flatten", new Layer.Flatten()));
    layers.add(new NamedLayer("fc1", "classifier.0", new Layer.Linear(channels * 7 * 7, hidden)));
    layers.add(new NamedLayer("fc1_relu", "classifier.1", new Layer.Relu()));
    layers.add(new NamedLayer("fc1_dropout", "classifier.2", new Layer.Dropout(0.5f)));
    layers.add(new NamedLayer("fc2", "classifier.3", new Layer.Linear(hidden, hidden)));
    layers.add(new NamedLayer("fc2_relu", "classifier.4", new Layer.Relu()));
    layers.add(new NamedLayer("fc2_dropout", "classifier.5", new Layer.Dropout(0.5f)));
    layers.add(
        new NamedLayer(
            "predictions", "classifier.6", new Layer.Linear(hidden, dimensions.classes())));
  }
}

package io.graft.backbone;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * One operation of a compiled network: a layer, together with the rectifier after it where both are
 * computed at once. Dropout is no step, because frozen layers never train.
 */
sealed interface Step {

  /** A step with a weight and a bias. */
  sealed interface WithParameters extends Step {

    /** Returns torchvision's path of the layer, with which its parameters' names begin. */
    String path();

    Layer layer();

    /** Whether the rectifier follows. */
    boolean relu();
  }

  /**
   * A convolution.
   *
   * @param input the shape of an input row, (channels, height, width)
   */
  record Convolve(String path, Layer.Conv2d layer, boolean relu, Shape input)
      implements WithParameters {}

  /** A fully connected layer over rows of one axis. */
  record Connect(String path, Layer.Linear layer, boolean relu) implements WithParameters {}

  /**
   * The maximum over windows.
   *
   * @param input the shape of an input row, (channels, height, width)
   */
  record Pool(Layer.MaxPool2d layer, Shape input) implements Step {}

  /** The mean over a fixed number of windows. */
  record Average(int outputSize) implements Step {}

  /** One vector per row, in NCHW order. */
  record Flatten() implements Step {}

  /** A rectifier after a layer that does not include it. */
  record Rectify() implements Step {}

  /**
   * Returns the steps of a network.
   *
   * @throws UnsupportedPrecisionException if a layer has no compiled form
   */
  static List<Step> of(Network network) {
    List<Step> steps = new ArrayList<>();
    Shape shape = network.inputShape();
    List<NamedLayer> layers = network.layers();
    for (int i = 0; i < layers.size(); i++) {
      NamedLayer named = layers.get(i);
      Layer layer = named.layer();
      boolean relu =
          i + 1 < layers.size()
              && layers.get(i + 1).layer() instanceof Layer.Relu
              && (layer instanceof Layer.Conv2d || layer instanceof Layer.Linear);
      if (layer instanceof Layer.Conv2d conv) {
        steps.add(new Convolve(named.path(), conv, relu, shape));
      } else if (layer instanceof Layer.Linear linear) {
        steps.add(new Connect(named.path(), linear, relu));
      } else if (layer instanceof Layer.MaxPool2d pool) {
        steps.add(new Pool(pool, shape));
      } else if (layer instanceof Layer.AdaptiveAvgPool2d average) {
        steps.add(new Average(average.outputSize()));
      } else if (layer instanceof Layer.Flatten) {
        steps.add(new Flatten());
      } else if (layer instanceof Layer.Relu) {
        steps.add(new Rectify());
      } else if (!(layer instanceof Layer.Dropout)) {
        throw new UnsupportedPrecisionException(
            ("Layer %s of %s cannot be compiled: %s. Expected a batch normalisation directly after"
                    + " a convolution.")
                .formatted(named.name(), network.name(), layer));
      }
      shape = layer.outputShape(shape);
      if (relu) {
        i++;
      }
    }
    return steps;
  }
}

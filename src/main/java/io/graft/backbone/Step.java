package io.graft.backbone;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * One operation of a compiled network: a layer, or a layer and the rectifier after it if one
 * operator computes both. Dropout is not a step, because frozen layers are never trained.
 */
sealed interface Step {

  /** A step with a weight and a bias. */
  sealed interface WithParameters extends Step {

    /** Returns torchvision's path of the layer. The names of its parameters begin with it. */
    String path();

    Layer layer();

    /** Returns whether the step includes a rectifier. */
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
   * A layer without parameters.
   *
   * @param input the shape of an input row, (channels, height, width) for a pool
   */
  record Plain(Layer layer, Shape input) implements Step {}

  /** Writes the steps of a network as TorchScript, for one precision on either the CPU or a GPU. */
  interface Writer {
    /**
     * Writes the method {@code forward}, which takes uint8 RGB pixels in NHWC order and returns
     * float32 features in NCHW order. Also adds the methods {@code weight} and {@code bias}. Their
     * argument is the index of a step among the steps with parameters. Each returns the parameter
     * that the module computes with, as float32.
     */
    void write(List<Step> steps, InputSpec input, ModuleSource module);
  }

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
      } else if (layer instanceof Layer.BatchNorm2d) {
        throw new UnsupportedPrecisionException(
            ("Layer %s of %s cannot be compiled: %s. Expected a batch normalisation directly after"
                    + " a convolution.")
                .formatted(named.name(), network.name(), layer));
      } else if (!(layer instanceof Layer.Dropout)) {
        steps.add(new Plain(layer, shape));
      }
      shape = layer.outputShape(shape);
      if (relu) {
        i++;
      }
    }
    return steps;
  }
}

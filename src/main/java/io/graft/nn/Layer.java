package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One layer of a {@link Network}, as data. Inputs and outputs are float32; images are NCHW. Shapes
 * describe one row, without the batch dimension.
 */
public sealed interface Layer {

  /** Returns the shape of an output row for an input row of the given shape. */
  default Shape outputShape(Shape input) {
    return input;
  }

  /** Returns the shapes of the parameters by torchvision's names, in torchvision's order. */
  default Map<String, Shape> parameterShapes() {
    return Map.of();
  }

  /**
   * A two-dimensional convolution with bias. Parameters: {@code weight} (out, in, k, k) in OIHW
   * order and {@code bias} (out).
   *
   * @param kernelSize the height and width of the kernel, in pixels
   * @param padding the number of zeros added on each side
   */
  record Conv2d(int inChannels, int outChannels, int kernelSize, int stride, int padding)
      implements Layer {
    @Override
    public Shape outputShape(Shape input) {
      return new Shape(outChannels, side(input.get(1)), side(input.get(2)));
    }

    private long side(long input) {
      return (input + 2L * padding - kernelSize) / stride + 1;
    }

    @Override
    public Map<String, Shape> parameterShapes() {
      Shape weight = new Shape(outChannels, inChannels, kernelSize, kernelSize);
      return weightAndBias(weight, new Shape(outChannels));
    }
  }

  /**
   * Batch normalisation over the channels of an image. Parameters: {@code weight}, {@code bias},
   * {@code running_mean} and {@code running_var}, each (channels).
   *
   * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015</a>
   */
  record BatchNorm2d(int channels, float epsilon, float momentum) implements Layer {
    @Override
    public Map<String, Shape> parameterShapes() {
      Shape perChannel = new Shape(channels);
      Map<String, Shape> shapes = weightAndBias(perChannel, perChannel);
      shapes.put("running_mean", perChannel);
      shapes.put("running_var", perChannel);
      return shapes;
    }
  }

  /** The rectifier, max(x, 0). */
  record Relu() implements Layer {}

  /** The hyperbolic tangent, element by element. */
  record Tanh() implements Layer {}

  /** The logistic function, 1 / (1 + exp(-x)), element by element. */
  record Sigmoid() implements Layer {}

  /** The maximum over square windows without padding. A partial window at the edge is dropped. */
  record MaxPool2d(int kernelSize, int stride) implements Layer {
    @Override
    public Shape outputShape(Shape input) {
      return new Shape(
          input.get(0),
          (input.get(1) - kernelSize) / stride + 1,
          (input.get(2) - kernelSize) / stride + 1);
    }
  }

  /**
   * The mean over a fixed number of windows per side, for inputs of any size. Window i of n over s
   * pixels spans floor(i s / n) to ceil((i + 1) s / n), as in PyTorch's AdaptiveAvgPool2d.
   */
  record AdaptiveAvgPool2d(int outputSize) implements Layer {
    @Override
    public Shape outputShape(Shape input) {
      return new Shape(input.get(0), outputSize, outputSize);
    }
  }

  /** Turns each row into a vector, in NCHW order: by channel, then by line, then by column. */
  record Flatten() implements Layer {
    @Override
    public Shape outputShape(Shape input) {
      return new Shape(input.size());
    }
  }

  /** A fully connected layer. Parameters: {@code weight} (out, in) and {@code bias} (out). */
  record Linear(int inFeatures, int outFeatures) implements Layer {
    @Override
    public Shape outputShape(Shape input) {
      return new Shape(outFeatures);
    }

    @Override
    public Map<String, Shape> parameterShapes() {
      return weightAndBias(new Shape(outFeatures, inFeatures), new Shape(outFeatures));
    }
  }

  /**
   * Sets inputs to zero with the given probability in training and scales the others by 1 / (1 -
   * probability). Does nothing in inference.
   */
  record Dropout(float probability) implements Layer {}

  private static Map<String, Shape> weightAndBias(Shape weight, Shape bias) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("weight", weight);
    shapes.put("bias", bias);
    return shapes;
  }
}

package io.graft.backbone;

import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.call;

import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes float32 convolutions with 3 x 3 kernels for the CPU by Winograd's algorithm F(4 x 4, 3 x
 * 3), which needs a quarter of the multiplications. The image is cut into tiles of 4 x 4 outputs,
 * each of which depends on 6 x 6 inputs. Matrix products turn the inputs of a tile into 36 values
 * per channel, multiply these by the transformed kernels, and turn the products into outputs.
 *
 * <p>Reference: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016. The
 * interpolation points are 0, 5/8, -5/8, 3/2, -3/2 and infinity. They keep the rounding errors
 * small (Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution for
 * Deep Neural Networks, 2020): VGG16 differs from float64 by 1.4e-6 of its largest feature, and by
 * 0.6e-6 with plain convolutions (benchmarks/winograd). Float32 holds the matrices for inputs and
 * outputs exactly.
 *
 * <p>Each image is multiplied alone. So the shapes of the products, and with them the order of
 * their sums, do not depend on the other images of the batch.
 */
final class Winograd {

  private static final double[] POINTS = {0, 0.625, -0.625, 1.5, -1.5};

  /** The number of inputs of a tile along one axis. */
  private static final int INPUTS = POINTS.length + 1;

  private static final int OUTPUTS = 4;
  private static final int KERNEL = 3;

  /**
   * Below this sum of input and output channels, the transformations cost as much as the
   * multiplications that they save.
   */
  private static final int FEWEST_CHANNELS = 384;

  /**
   * Below this number of positions, the gain is less than 3 % of VGG16's time, while the
   * transformed kernels need four times the memory.
   */
  private static final long FEWEST_POSITIONS = 400;

  /** The attribute with the matrices that transform inputs, outputs and kernels, in this order. */
  private static final String MATRICES = "winograd";

  private static final String BODY =
      """
          rows = (torch.size(x, 2) + 3) // 4
          columns = (torch.size(x, 3) + 3) // 4
          channels = torch.size(x, 1)
          right = columns * 4 + 1 - torch.size(x, 3)
          below = rows * 4 + 1 - torch.size(x, 2)
          padded = torch.constant_pad_nd(torch.permute(x, [0, 2, 3, 1]), [0, 0, 1, right, 1, below])
          line = torch.size(padded, 2) * channels
          y = torch.empty([torch.size(x, 0), rows, 4, columns, 4, torch.size(weight, 2)], dtype=6)
          for i in range(torch.size(x, 0)):
            image = torch.select(padded, 0, i)
            windows = torch.as_strided(image, [6, 6, rows, columns, channels], [line, channels, 4 * line, 4 * channels, 1])
            inputs = torch.mm((self.winograd)[0], torch.reshape(windows, [36, -1]))
            products = torch.bmm(torch.view(inputs, [36, -1, channels]), weight)
            outputs = torch.mm((self.winograd)[1], torch.view(products, [36, -1]))
            tiles = torch.view(outputs, [4, 4, rows, columns, -1])
            place = torch.select(y, 0, i)
            _0 = torch.add(torch.permute(tiles, [2, 0, 3, 1, 4]), bias, alpha=1, out=place)
            if relu:
              _1 = torch.relu_(place)
            else:
              pass
          whole = torch.view(y, [torch.size(x, 0), rows * 4, columns * 4, -1])
          cut = torch.slice(torch.slice(whole, 1, 0, torch.size(x, 2)), 2, 0, torch.size(x, 3))
          return torch.permute(cut, [0, 3, 1, 2])
      """;

  private Winograd() {}

  /** Returns whether this algorithm computes a convolution of images of the given shape. */
  static boolean fits(Layer.Conv2d layer, Shape input) {
    return layer.kernelSize() == KERNEL
        && layer.stride() == 1
        && layer.padding() == 1
        && layer.inChannels() + layer.outChannels() >= FEWEST_CHANNELS
        && input.get(1) * input.get(2) >= FEWEST_POSITIONS;
  }

  /** Returns whether this algorithm computes a convolution of a network in fp32 on the CPU. */
  static boolean isUsedBy(Network network, InputSpec input) {
    Shape shape = new Shape(3, input.height(), input.width());
    for (NamedLayer named : network.layers()) {
      if (named.layer() instanceof Layer.Conv2d layer && fits(layer, shape)) {
        return true;
      }
      shape = named.layer().outputShape(shape);
    }
    return false;
  }

  /** Adds the matrices and the method that every convolution of this kind uses. */
  static void prepare(ModuleSource module) {
    module.keep(MATRICES, module.values(new Shape(36, 36), squared(inputs())));
    module.keep(MATRICES, module.values(new Shape(16, 36), squared(outputs())));
    module.keep(MATRICES, module.values(new Shape(36, 9), squared(kernels())));
    module.procedure("convolve", "x: Tensor, weight: Tensor, bias: Tensor, relu: bool", BODY);
  }

  /** Writes a convolution of {@code x}; {@link #prepare} comes first. */
  static void write(Step.Convolve step, ModuleSource module) {
    Layer.Conv2d layer = step.layer();
    String order = call("torch.permute", FloatSteps.stored(step, module), "[2, 3, 1, 0]");
    String kernels =
        call("torch.mm", "(self." + MATRICES + ")[2]", call("torch.reshape", order, "[9, -1]"));
    String shape = "[36, " + layer.inChannels() + ", " + layer.outChannels() + "]";
    String weight = module.keep(ModuleSource.WEIGHTS, call("torch.view", kernels, shape));
    String bias = FloatSteps.bias(step, FLOAT32, module);
    module.x(call("(self).convolve", "x", weight, bias, step.relu() ? "True" : "False"));
    module.observeLargest();
  }

  /** Returns the matrix that turns six inputs into six values: the numerators of Lagrange. */
  private static double[][] inputs() {
    double[][] rows = new double[INPUTS][];
    for (int k = 0; k < INPUTS; k++) {
      rows[k] = polynomial(k);
    }
    return rows;
  }

  /** Returns the matrix that turns six products into four outputs. */
  private static double[][] outputs() {
    double[][] rows = new double[OUTPUTS][INPUTS];
    for (int j = 0; j < OUTPUTS; j++) {
      for (int k = 0; k < POINTS.length; k++) {
        rows[j][k] = Math.pow(POINTS[k], j);
      }
    }
    rows[OUTPUTS - 1][POINTS.length] = 1;
    return rows;
  }

  /** Returns the matrix that turns three weights of a kernel into six. */
  private static double[][] kernels() {
    double[][] rows = new double[INPUTS][KERNEL];
    for (int k = 0; k < POINTS.length; k++) {
      double denominator = 1;
      for (int other = 0; other < POINTS.length; other++) {
        denominator *= other == k ? 1 : POINTS[k] - POINTS[other];
      }
      for (int j = 0; j < KERNEL; j++) {
        rows[k][j] = Math.pow(POINTS[k], j) / denominator;
      }
    }
    rows[POINTS.length][KERNEL - 1] = 1;
    return rows;
  }

  /** Returns the coefficients of the product of (x - p) over all points p but the one left out. */
  private static double[] polynomial(int leftOut) {
    double[] coefficients = new double[INPUTS];
    coefficients[0] = 1;
    for (int k = 0; k < POINTS.length; k++) {
      for (int degree = INPUTS - 1; k != leftOut && degree >= 0; degree--) {
        double lower = degree == 0 ? 0 : coefficients[degree - 1];
        coefficients[degree] = lower - POINTS[k] * coefficients[degree];
      }
    }
    return coefficients;
  }

  /** Returns the elements of a matrix's Kronecker product with itself, which serves both axes. */
  private static List<Float> squared(double[][] matrix) {
    List<Float> elements = new ArrayList<>();
    for (double[] outer : matrix) {
      for (double[] inner : matrix) {
        for (double factor : outer) {
          for (double element : inner) {
            elements.add((float) (factor * element));
          }
        }
      }
    }
    return elements;
  }
}

package io.graft.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The TorchScript of layers whose parameters are arguments, so that they can be trained: gradients
 * are recorded where the calling thread records.
 *
 * <p>With {@link Precision#BF16} it is mixed precision as PyTorch's autocast has it: convolutions
 * and fully connected layers take and give bfloat16, parameters, statistics of normalisation and
 * the result stay float32.
 */
public final class LayerScript {

  private static final int FLOAT32 = 6;
  private static final int BFLOAT16 = 15;

  private final Network network;
  private final boolean mixed;
  private final List<String> names;
  private final StringBuilder body = new StringBuilder();

  private LayerScript(Network network, Precision arithmetic) {
    this.network = network;
    this.mixed = arithmetic == Precision.BF16;
    this.names = new ArrayList<>(network.parameterShapes().keySet());
  }

  /**
   * A method {@code layers} that takes rows (n, ...), the network's parameters in the order of
   * {@link Network#parameterShapes}, and whether it trains, and gives float32 (n, ...). Training
   * drops out, normalises by the batch's statistics and moves the running ones.
   *
   * @param className the class that the method is of
   * @param arithmetic {@link Precision#FP32} or {@link Precision#BF16}
   */
  public static String method(String className, Network network, Precision arithmetic) {
    return new LayerScript(network, arithmetic).text(className);
  }

  /**
   * A class with that method alone.
   *
   * @param className its name
   */
  public static String module(String className, Network network) {
    return """
        class %1$s(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def __setstate__(self: __torch__.%1$s,
            state: Tuple[bool]) -> NoneType:
            self.training = (state)[0]
            return None
          def __getstate__(self: __torch__.%1$s) -> Tuple[bool]:
            return (self.training,)
        """
            .formatted(className)
        + method(className, network, Precision.FP32);
  }

  private String text(String className) {
    x("torch.to(rows, " + (mixed ? BFLOAT16 : FLOAT32) + ")");
    if (network.layers().stream().anyMatch(named -> named.layer() instanceof Layer.Conv2d)) {
      // Channels-last, in which convolutions and pooling are fastest.
      x("torch.contiguous(x, memory_format=2)");
    }
    Layer before = null;
    for (NamedLayer named : network.layers()) {
      add(named, before);
      before = named.layer();
    }
    return "  def layers(self: __torch__."
        + className
        + ",\n    rows: Tensor, p: List[Tensor], training: bool) -> Tensor:\n"
        + body
        + "    return torch.to(x, "
        + FLOAT32
        + ")\n";
  }

  private void add(NamedLayer named, Layer before) {
    Layer layer = named.layer();
    if (layer instanceof Layer.Conv2d conv) {
      x(
          "torch.conv2d(x, %s, %s, %s, %s)"
              .formatted(
                  rounded(named, "weight"),
                  rounded(named, "bias"),
                  pair(conv.stride()),
                  pair(conv.padding())));
    } else if (layer instanceof Layer.BatchNorm2d norm) {
      x(
          "torch.batch_norm(x, %s, %s, %s, %s, training, %s, %s, True)"
              .formatted(
                  parameter(named, "weight"),
                  parameter(named, "bias"),
                  parameter(named, "running_mean"),
                  parameter(named, "running_var"),
                  number(1 - decimal(norm.momentum())),
                  number(decimal(norm.epsilon()))));
    } else if (layer instanceof Layer.Relu) {
      // In place where nobody else holds the input and no gradient needs it.
      boolean fresh =
          before instanceof Layer.Conv2d
              || before instanceof Layer.BatchNorm2d
              || before instanceof Layer.Linear;
      x(fresh ? "torch.relu_(x)" : "torch.relu(x)");
    } else if (layer instanceof Layer.Tanh) {
      x("torch.tanh(x)");
    } else if (layer instanceof Layer.Sigmoid) {
      x("torch.sigmoid(x)");
    } else if (layer instanceof Layer.MaxPool2d pool) {
      x("torch.max_pool2d(x, " + pair(pool.kernelSize()) + ", " + pair(pool.stride()) + ")");
    } else if (layer instanceof Layer.AdaptiveAvgPool2d pool) {
      x("torch.adaptive_avg_pool2d(x, " + pair(pool.outputSize()) + ")");
    } else if (layer instanceof Layer.Flatten) {
      x("torch.flatten(x, 1)");
    } else if (layer instanceof Layer.Linear) {
      x("torch.linear(x, %s, %s)".formatted(rounded(named, "weight"), rounded(named, "bias")));
    } else {
      Layer.Dropout dropout = (Layer.Dropout) layer;
      x("torch.dropout(x, " + number(decimal(dropout.probability())) + ", training)");
    }
  }

  private void x(String expression) {
    body.append("    x = ").append(expression).append('\n');
  }

  private String parameter(NamedLayer layer, String name) {
    return "(p)[" + names.indexOf(layer.path() + "." + name) + "]";
  }

  private String rounded(NamedLayer layer, String name) {
    String parameter = parameter(layer, name);
    return mixed ? "torch.to(" + parameter + ", " + BFLOAT16 + ")" : parameter;
  }

  private static String pair(int side) {
    return "[" + side + ", " + side + "]";
  }

  /** The number that was written, where a float only comes near it. */
  private static double decimal(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private static String number(double value) {
    return Double.toString(value).toLowerCase(Locale.ROOT);
  }
}

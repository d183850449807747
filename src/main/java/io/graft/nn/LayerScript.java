package io.graft.nn;

import static io.graft.torchscript.ScriptText.BFLOAT16;
import static io.graft.torchscript.ScriptText.FLOAT32;
import static io.graft.torchscript.ScriptText.call;
import static io.graft.torchscript.ScriptText.pair;
import static io.graft.torchscript.ScriptText.to;

import io.graft.torchscript.ScriptText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes layers as TorchScript that takes their parameters as arguments, so that they can be
 * trained. libtorch records the computation for gradients if recording is on in the calling thread.
 *
 * <p>{@link Precision#BF16} is mixed precision, as in PyTorch's autocast: convolutions and fully
 * connected layers take and return bfloat16. Parameters, the statistics of normalisation and the
 * result stay float32.
 */
public final class LayerScript {

  /** PyTorch's number of the memory format, from c10/core/MemoryFormat.h. */
  private static final int CHANNELS_LAST = 2;

  private final Network network;
  private final boolean mixed;
  private final List<String> names;
  private final StringBuilder body = new StringBuilder();

  private LayerScript(Network network, Precision precision) {
    this.network = network;
    this.mixed = precision == Precision.BF16;
    this.names = new ArrayList<>(network.parameterShapes().keySet());
  }

  /**
   * Writes the method {@code layers}. It takes rows (n, ...), the network's parameters in the order
   * of {@link Network#parameterShapes}, and whether it trains. It returns float32 (n, ...). In
   * training it applies dropout, normalises by the statistics of the batch and updates the running
   * statistics.
   *
   * @param className the class that the method belongs to
   * @param precision the precision, {@link Precision#FP32} or {@link Precision#BF16}
   */
  public static String method(String className, Network network, Precision precision) {
    return new LayerScript(network, precision).text(className);
  }

  private String text(String className) {
    int type = mixed ? BFLOAT16 : FLOAT32;
    // Convolutions and pooling are fastest in channels-last order.
    boolean images =
        network.layers().stream().anyMatch(named -> named.layer() instanceof Layer.Conv2d);
    x(images ? call("torch.to", "rows", type, "False", "False", CHANNELS_LAST) : to("rows", type));
    Layer before = null;
    for (NamedLayer named : poolingFirst(network.layers())) {
      add(named, before);
      before = named.layer();
    }
    return ScriptText.method(
        className,
        "layers",
        "rows: Tensor, p: List[Tensor], training: bool",
        "Tensor",
        body + "    return " + to("x", FLOAT32) + "\n");
  }

  /**
   * Returns the layers with each rectifier after a pooling that follows it. The maximum of what a
   * rectifier passes is what it passes of the maximum, so values and gradients are the same, and
   * the rectifier has a quarter of the values to compute.
   */
  private static List<NamedLayer> poolingFirst(List<NamedLayer> layers) {
    List<NamedLayer> ordered = new ArrayList<>(layers);
    for (int i = 1; i < ordered.size(); i++) {
      if (ordered.get(i).layer() instanceof Layer.MaxPool2d
          && ordered.get(i - 1).layer() instanceof Layer.Relu) {
        Collections.swap(ordered, i - 1, i);
      }
    }
    return ordered;
  }

  private void add(NamedLayer named, Layer before) {
    Layer layer = named.layer();
    if (layer instanceof Layer.Conv2d conv) {
      String parameters = parameters(named);
      x(call("torch.conv2d", "x", parameters, pair(conv.stride()), pair(conv.padding())));
    } else if (layer instanceof Layer.BatchNorm2d norm) {
      double momentum = 1 - decimal(norm.momentum());
      double epsilon = decimal(norm.epsilon());
      String parameters = parameters(named);
      x(call("torch.batch_norm", "x", parameters, "training", momentum, epsilon, "True"));
    } else if (layer instanceof Layer.Linear) {
      x(call("torch.linear", "x", parameters(named)));
    } else if (layer instanceof Layer.Dropout dropout) {
      x(call("torch.dropout", "x", decimal(dropout.probability()), "training"));
    } else {
      // Computes in place if nothing else uses the input and the gradient does not need it.
      boolean fresh =
          before instanceof Layer.Conv2d
              || before instanceof Layer.BatchNorm2d
              || before instanceof Layer.MaxPool2d
              || before instanceof Layer.Linear;
      x(fresh && layer instanceof Layer.Relu ? "torch.relu_(x)" : ofX(layer));
    }
  }

  /** Writes the expression that applies a layer without parameters to {@code x}. */
  public static String ofX(Layer layer) {
    if (layer instanceof Layer.MaxPool2d pool) {
      return call("torch.max_pool2d", "x", pair(pool.kernelSize()), pair(pool.stride()));
    } else if (layer instanceof Layer.AdaptiveAvgPool2d pool) {
      return call("torch.adaptive_avg_pool2d", "x", pair(pool.outputSize()));
    } else if (layer instanceof Layer.Flatten) {
      return "torch.flatten(x, 1)";
    } else if (layer instanceof Layer.Relu) {
      return "torch.relu(x)";
    } else if (layer instanceof Layer.Tanh) {
      return "torch.tanh(x)";
    } else if (layer instanceof Layer.Sigmoid) {
      return "torch.sigmoid(x)";
    }
    throw new IllegalArgumentException("A layer with parameters: " + layer);
  }

  private void x(String expression) {
    body.append("    x = ").append(expression).append('\n');
  }

  /** Writes a layer's parameters as arguments, rounded if the layer computes in bfloat16. */
  private String parameters(NamedLayer named) {
    boolean rounded = mixed && !(named.layer() instanceof Layer.BatchNorm2d);
    return named.layer().parameterShapes().keySet().stream()
        .map(name -> "(p)[" + names.indexOf(named.path() + "." + name) + "]")
        .map(argument -> rounded ? to(argument, BFLOAT16) : argument)
        .collect(Collectors.joining(", "));
  }

  /** Returns the decimal number with which a float32 is written: 0.1 for 0.1f. */
  private static double decimal(float value) {
    return Double.parseDouble(Float.toString(value));
  }
}

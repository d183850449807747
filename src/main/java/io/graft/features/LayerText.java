package io.graft.features;

import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.runtime.DecimalText;
import java.util.List;
import java.util.stream.Collectors;

/** The text of layers in stored keys. If it changes, stored rows are no longer found. */
final class LayerText {

  private LayerText() {}

  /** Returns one line: every layer's name, path and arguments, in order. */
  static String of(List<NamedLayer> layers) {
    return layers.stream()
        .map(
            named ->
                "NamedLayer[name=%s, path=%s, layer=%s]"
                    .formatted(named.name(), named.path(), of(named.layer())))
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String of(Layer layer) {
    if (layer instanceof Layer.Conv2d conv) {
      return "Conv2d[inChannels=%s, outChannels=%s, kernelSize=%s, stride=%s, padding=%s]"
          .formatted(
              conv.inChannels(),
              conv.outChannels(),
              conv.kernelSize(),
              conv.stride(),
              conv.padding());
    } else if (layer instanceof Layer.BatchNorm2d norm) {
      return "BatchNorm2d[channels=%s, epsilon=%s, momentum=%s]"
          .formatted(
              norm.channels(), DecimalText.of(norm.epsilon()), DecimalText.of(norm.momentum()));
    } else if (layer instanceof Layer.Relu) {
      return "Relu[]";
    } else if (layer instanceof Layer.Tanh) {
      return "Tanh[]";
    } else if (layer instanceof Layer.Sigmoid) {
      return "Sigmoid[]";
    } else if (layer instanceof Layer.MaxPool2d pool) {
      return "MaxPool2d[kernelSize=%s, stride=%s]".formatted(pool.kernelSize(), pool.stride());
    } else if (layer instanceof Layer.AdaptiveAvgPool2d pool) {
      return "AdaptiveAvgPool2d[outputSize=%s]".formatted(pool.outputSize());
    } else if (layer instanceof Layer.Flatten) {
      return "Flatten[]";
    } else if (layer instanceof Layer.Linear linear) {
      return "Linear[inFeatures=%s, outFeatures=%s]"
          .formatted(linear.inFeatures(), linear.outFeatures());
    } else if (layer instanceof Layer.Dropout dropout) {
      return "Dropout[probability=%s]".formatted(DecimalText.of(dropout.probability()));
    }
    throw new IllegalArgumentException("No text for the layer " + layer);
  }
}

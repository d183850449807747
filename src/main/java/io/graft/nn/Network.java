package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ordered list of named layers and the shape of the rows that it takes.
 *
 * @param name what the network is called, {@code vgg16}
 * @param inputShape the shape of one input row without the batch dimension, (3, H, W) for images
 * @param layers in the order in which they are applied
 */
public record Network(String name, Shape inputShape, List<NamedLayer> layers) {

  /** Copies the layers. */
  public Network {
    layers = List.copyOf(layers);
  }

  /** The shape of one output row. */
  public Shape outputShape() {
    Shape shape = inputShape;
    for (NamedLayer layer : layers) {
      shape = layer.layer().outputShape(shape);
    }
    return shape;
  }

  /** The shapes of all parameters by torchvision name, in the order of torchvision's state_dict. */
  public Map<String, Shape> parameterShapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (NamedLayer layer : layers) {
      layer
          .layer()
          .parameterShapes()
          .forEach((name, shape) -> shapes.put(layer.path() + "." + name, shape));
    }
    return Collections.unmodifiableMap(shapes);
  }

  /** How many numbers are learnt: all parameters but the running statistics of normalisation. */
  public long learntNumbers() {
    return parameterShapes().entrySet().stream()
        .filter(entry -> !entry.getKey().contains(".running_"))
        .mapToLong(entry -> entry.getValue().size())
        .sum();
  }

  /** The first {@code end} layers. */
  public Network prefix(int end) {
    return new Network(name, inputShape, layers.subList(0, end));
  }

  /** The layers from {@code start} on, taking what {@link #prefix} of the same number gives. */
  public Network suffix(int start) {
    return new Network(name, prefix(start).outputShape(), layers.subList(start, layers.size()));
  }

  /** This network followed by further layers. */
  public Network append(NamedLayer... more) {
    return append(List.of(more));
  }

  /** This network followed by further layers. */
  public Network append(List<NamedLayer> more) {
    List<NamedLayer> all = new ArrayList<>(layers);
    all.addAll(more);
    return new Network(name, inputShape, all);
  }

  /**
   * How many layers lie before the boundary behind the layer of that name. A torchvision path
   * ({@code features.28}) means exactly that module. A Keras name ({@code block5_conv3}) means the
   * layer with its normalisation and activation, as Keras's layers carry theirs.
   *
   * @throws InvalidOptionException if no layer has that name
   */
  public int indexAfter(String layerName) {
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).path().equals(layerName)) {
        return i + 1;
      }
      if (layers.get(i).name().equals(layerName)) {
        int end = i + 1;
        while (end < layers.size() && belongsToLayerBefore(layers.get(end).layer())) {
          end++;
        }
        return end;
      }
    }
    List<String> known = new ArrayList<>();
    for (NamedLayer layer : layers) {
      known.add(layer.name());
      known.add(layer.path());
    }
    throw new InvalidOptionException(
        "No layer '"
            + layerName
            + "' in "
            + name
            + Suggestions.didYouMean(layerName, known)
            + " Expected a Keras name from "
            + layers.get(0).name()
            + " to "
            + layers.get(layers.size() - 1).name()
            + " or a torchvision one such as "
            + layers.get(0).path()
            + ".");
  }

  private static boolean belongsToLayerBefore(Layer layer) {
    return layer instanceof Layer.Relu || layer instanceof Layer.BatchNorm2d;
  }
}

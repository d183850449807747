package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Sha256;
import io.graft.runtime.Suggestions;
import io.graft.tensors.TensorSource;
import io.graft.torchscript.ParameterArrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A network: named layers that are applied in order.
 *
 * @param name the name of the network, such as {@code vgg16}
 * @param inputShape the shape of one input row without the batch dimension, (3, H, W) for images
 */
public record Network(String name, Shape inputShape, List<NamedLayer> layers) {

  /** Copies the layers. */
  public Network {
    layers = List.copyOf(layers);
  }

  /** Returns the shape of one output row. */
  public Shape outputShape() {
    return outputShape(inputShape);
  }

  /** Returns the shape of one output row for an input row of another shape. */
  Shape outputShape(Shape input) {
    Shape shape = input;
    for (NamedLayer layer : layers) {
      shape = layer.layer().outputShape(shape);
    }
    return shape;
  }

  /** Returns the shapes of all parameters by name, in the order of torchvision's state_dict. */
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

  /** Returns the number of parameters that training changes: all except running statistics. */
  public long parameterCount() {
    return parameterShapes().entrySet().stream()
        .filter(entry -> !entry.getKey().contains(".running_"))
        .mapToLong(entry -> entry.getValue().size())
        .sum();
  }

  /**
   * Computes the SHA-256 over every parameter's name, shape and float32 bytes, in order. Equal
   * digests mean bit-identical parameters, whatever file they came from.
   *
   * @param weights the tensors, at least the network's parameters
   * @return the digest as 64 hexadecimal digits; {@link NetworkBlock#parameterDigest} returns the
   *     same for loaded parameters
   */
  public String parameterDigest(TensorSource weights) {
    Sha256 digest = new Sha256();
    parameterShapes()
        .forEach(
            (parameter, shape) -> {
              digest.add(digestHeader(parameter, shape));
              ParameterArrays.forEachPiece(weights, parameter, shape, digest::add);
            });
    return digest.hex();
  }

  /** Returns the line that is digested before a parameter's bytes: {@code fc.weight(5, 3)}. */
  static String digestHeader(String parameter, Shape shape) {
    return LongStream.of(shape.getShape())
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", parameter + "(", ")\n"));
  }

  /** Returns a network of the first {@code end} layers. */
  public Network prefix(int end) {
    return new Network(name, inputShape, layers.subList(0, end));
  }

  /** Returns the layers from {@code start} on. Their input is the output of {@link #prefix}. */
  public Network suffix(int start) {
    return new Network(name, prefix(start).outputShape(), layers.subList(start, layers.size()));
  }

  /** Returns a copy with more layers at the end. */
  public Network append(NamedLayer... more) {
    return new Network(name, inputShape, Stream.concat(layers.stream(), Stream.of(more)).toList());
  }

  /**
   * Returns how many layers are frozen if the boundary is after the layer with the given name. This
   * is also the index of the first trained layer. A torchvision path ({@code features.28}) is the
   * name of exactly one layer. A Keras name ({@code block5_conv3}) also includes the normalisation
   * and activation of that layer.
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
        while (end < layers.size() && completesLayerBefore(layers.get(end).layer())) {
          end++;
        }
        return end;
      }
    }
    List<String> known =
        layers.stream().flatMap(layer -> Stream.of(layer.name(), layer.path())).toList();
    throw new InvalidOptionException(
        "No layer '%s' in %s%s Expected a Keras name from %s to %s or a torchvision one such as %s."
            .formatted(
                layerName,
                name,
                Suggestions.didYouMean(layerName, known),
                layers.get(0).name(),
                layers.get(layers.size() - 1).name(),
                layers.get(0).path()));
  }

  private static boolean completesLayerBefore(Layer layer) {
    return layer instanceof Layer.Relu || layer instanceof Layer.BatchNorm2d;
  }
}

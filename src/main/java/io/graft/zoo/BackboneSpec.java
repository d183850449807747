package io.graft.zoo;

import ai.djl.ndarray.types.Shape;
import io.graft.fetch.PublishedFile;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.runtime.InvalidOptionException;
import io.graft.weights.WeightLayout;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A backbone of the zoo: a network, pretrained weights for it, and the preprocessing of those
 * weights.
 *
 * @param name the name that people type, such as {@code vgg16}
 * @param network the network of the weights, with its classifier if they have one
 * @param input the way in which an image becomes the network's input; it belongs to the weights
 * @param layout the program whose tensor names and layouts the file uses
 * @param origin the place that the weights come from
 * @param licence the licence of the weights
 * @param top1Percent the top-1 accuracy on ImageNet's validation set as the publisher reports it;
 *     empty if none is reported
 */
public record BackboneSpec(
    String name,
    Network network,
    InputSpec input,
    WeightLayout layout,
    WeightOrigin origin,
    String licence,
    OptionalDouble top1Percent) {

  private static final int SIZE_STEP = 32;

  /** Returns the published file, or empty if the weights have another origin. */
  public Optional<PublishedFile> published() {
    return origin instanceof WeightOrigin.Published published
        ? Optional.of(published.file())
        : Optional.empty();
  }

  /** Returns whether the weights are part of Graft. */
  public boolean isBundled() {
    return origin instanceof WeightOrigin.Bundled;
  }

  /** Returns the number of parameters of the network, including its classifier. */
  public long parameters() {
    return network.parameterCount();
  }

  /**
   * Returns a copy with the same weights for images of another size. Convolutions accept any size,
   * and {@code fc1} reads averages over a fixed number of windows, as in torchvision.
   *
   * @param size the width and height of the input, in pixels, a multiple of 32
   * @throws InvalidOptionException if the size is not a multiple of 32
   */
  public BackboneSpec withImageSize(int size) {
    if (size == input.width()) {
      return this;
    } else if (size < SIZE_STEP || size % SIZE_STEP != 0) {
      throw new InvalidOptionException(
          "Image size is %s: expected a multiple of %s, such as 128.".formatted(size, SIZE_STEP));
    }
    return new BackboneSpec(
        name.replaceFirst("(?<=.)\\.s[0-9]{1,5}$", "") + ".s" + size,
        new Network(network.name(), new Shape(3, size, size), network.layers()),
        input.withSize(size),
        layout,
        origin,
        licence,
        top1Percent);
  }

  /** Returns the name. */
  @Override
  public String toString() {
    return name;
  }
}

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
 * One row of the zoo: a network, the pretrained weights that somebody has for it, and the
 * preprocessing that goes with those weights.
 *
 * @param name what people type, {@code vgg16}
 * @param network the network that the weights are for, with its classifier if they have one
 * @param input how a picture becomes its input; belongs to the weights
 * @param layout whose names and layouts the file has
 * @param origin where the weights come from
 * @param licence of the weights
 * @param top1Percent top-1 accuracy on ImageNet's validation set as the publisher reports it; empty
 *     for weights of another source
 */
public record BackboneSpec(
    String name,
    Network network,
    InputSpec input,
    WeightLayout layout,
    WeightOrigin origin,
    String licence,
    OptionalDouble top1Percent) {

  private static final int SHRINKS = 32;

  /** The file that somebody publishes; empty for weights of another origin. */
  public Optional<PublishedFile> published() {
    return origin instanceof WeightOrigin.Published published
        ? Optional.of(published.file())
        : Optional.empty();
  }

  /** Whether this row goes by its network's own name, and so stands for any of its weights. */
  boolean isDefaultOfItsNetwork() {
    return name.equals(network.name());
  }

  /**
   * The same weights for pictures of another size. Convolutions take any; {@code fc1} sees the mean
   * of as many windows as ever, as in torchvision.
   *
   * @param size width and height of the input, in pixels, a multiple of 32
   * @throws InvalidOptionException if it is none
   */
  public BackboneSpec withImageSize(int size) {
    if (size == input.width()) {
      return this;
    } else if (size < SHRINKS || size % SHRINKS != 0) {
      throw new InvalidOptionException(
          "Image size is " + size + ": expected a multiple of " + SHRINKS + ", such as 128.");
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

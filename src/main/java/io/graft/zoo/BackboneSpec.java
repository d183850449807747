package io.graft.zoo;

import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.WeightLayout;

/**
 * One row of the zoo: a network, the pretrained weights that somebody published for it, and the
 * preprocessing that goes with those weights.
 *
 * @param name what people type, {@code vgg16}
 * @param network the network that the weights are for, with its classifier if they have one
 * @param input how a picture becomes its input; belongs to the weights
 * @param layout whose names and layouts the published file has
 * @param file where it is published and what it must be
 * @param licence under which the weights were published
 * @param top1Percent top-1 accuracy on ImageNet's validation set as the publisher reports it
 */
public record BackboneSpec(
    String name,
    Network network,
    InputSpec input,
    WeightLayout layout,
    PublishedFile file,
    String licence,
    double top1Percent) {

  /** Whether this row goes by its network's own name, and so stands for any of its weights. */
  boolean isDefaultOfItsNetwork() {
    return name.equals(network.name());
  }
}

package io.graft.zoo;

import io.graft.image.InputSpec;
import io.graft.nn.Network;

/**
 * One row of the zoo: a network and the pretrained weights that go with it.
 *
 * @param name what people type, {@code vgg16}
 * @param network the whole network, classifier included
 * @param input how a picture becomes its input; belongs to the weights
 * @param weights where its pretrained weights are published
 */
public record BackboneSpec(
    String name, Network network, InputSpec input, PublishedWeights weights) {

  /**
   * Pretrained weights as somebody publishes them.
   *
   * @param source the address of the file
   * @param fileName its last part
   * @param sha256Prefix the first hexadecimal digits of its SHA-256, as many as the publisher gives
   * @param licence under which the weights were published
   * @param top1Percent top-1 accuracy on ImageNet's validation set as the publisher reports it
   */
  public record PublishedWeights(
      String source, String fileName, String sha256Prefix, String licence, double top1Percent) {}
}

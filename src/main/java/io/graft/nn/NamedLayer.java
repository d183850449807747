package io.graft.nn;

/**
 * A layer with its two names.
 *
 * @param name the name that users type, which is Keras's if Keras has one: {@code block1_conv1}
 * @param path the torchvision name, with which the names of the layer's parameters begin: {@code
 *     features.0}
 */
public record NamedLayer(String name, String path, Layer layer) {}

package io.graft.nn;

/**
 * A layer with its two names.
 *
 * @param name Keras's name where there is one, which users type: {@code block1_conv1}
 * @param path torchvision's name, with which the names of its parameters begin: {@code features.0}
 */
public record NamedLayer(String name, String path, Layer layer) {}

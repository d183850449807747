package io.graft.nn;

/**
 * A layer under its two names.
 *
 * @param name the name that people type, Keras's where Keras has one: {@code block1_conv1}
 * @param path where torchvision has it: {@code features.0}; its parameters' names begin so
 * @param layer what it computes
 */
public record NamedLayer(String name, String path, Layer layer) {}

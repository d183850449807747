package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.Locale;

/**
 * The type of classifier that replaces the backbone's own. If the whole backbone is frozen, the
 * head decides where the freeze boundary is.
 */
public enum Head {

  /**
   * Takes the whole output of the last pooling layer, 25,088 numbers for VGG at 224 pixels. In
   * Keras: {@code include_top=False}, {@code Flatten}, {@code Dense}.
   */
  FLATTEN("block5_pool"),

  /**
   * Takes the mean of each channel after the last pooling layer, 512 numbers for VGG. In Keras:
   * {@code pooling='avg'}.
   */
  POOL("block5_pool"),

  /**
   * Takes the output of {@code fc2}, 4,096 numbers for VGG. In torchvision: replace the last layer
   * of the classifier.
   */
  FC("fc2");

  private static final NamedLayer AVERAGE =
      new NamedLayer("head_pool", "head_pool", new Layer.AdaptiveAvgPool2d(1));
  private static final NamedLayer VECTOR =
      new NamedLayer("head_flatten", "head_flatten", new Layer.Flatten());

  private final String lastLayer;

  Head(String lastLayer) {
    this.lastLayer = lastLayer;
  }

  /**
   * Replaces a backbone's classifier with this head and returns the freeze boundary before the
   * head.
   *
   * @param hidden the layers between this head's input and the classifying layer
   * @throws InvalidOptionException if the backbone lacks the layer whose output this head takes
   */
  public FreezeBoundary attach(Network backbone, HiddenLayers hidden, int classes) {
    if (this == FC && backbone.layers().stream().noneMatch(l -> l.name().equals(lastLayer))) {
      throw new InvalidOptionException(
          ("Head fc needs the layer fc2, but these weights of %s were saved without the classifier"
                  + " (include_top=False). Choose the head flatten or pool, or weights with the"
                  + " classifier.")
              .formatted(backbone.name()),
          "head",
          "weights");
    }
    Network kept = backbone.prefix(backbone.indexAfter(lastLayer));
    Network frozen = this == POOL ? kept.append(AVERAGE, VECTOR) : kept;
    int features = Math.toIntExact(frozen.outputShape().size());
    Network input = this == FLATTEN ? frozen.append(VECTOR) : frozen;
    Network whole = input.append(hidden.layers(features, classes));
    return new FreezeBoundary(whole, frozen.layers().size());
  }

  /** Returns the name in options and files: {@code flatten}, {@code pool} or {@code fc}. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the head with the given name.
   *
   * @throws InvalidOptionException if there is none
   */
  public static Head parse(String name) {
    return Suggestions.choose("head", name, List.of(values()), Head::optionName);
  }
}

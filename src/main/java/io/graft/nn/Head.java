package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The classifier that replaces a backbone's own, and with it where the freeze boundary lies. */
public enum Head {

  /**
   * Every activation behind the last pooling, 25,088 for VGG at 224 pixels: Keras's {@code
   * include_top=False}, {@code Flatten}, {@code Dense}.
   */
  FLATTEN {
    @Override
    public FreezeBoundary attach(Network backbone, HiddenLayers hidden, int classes) {
      Network frozen = backbone.prefix(backbone.indexAfter(LAST_POOLING));
      return new FreezeBoundary(
          frozen
              .append(new NamedLayer("head_flatten", "head_flatten", new Layer.Flatten()))
              .append(classifier(frozen, hidden, classes)),
          frozen.layers().size());
    }
  },

  /**
   * The mean of each channel behind the last pooling, 512 for VGG: Keras's {@code pooling='avg'}.
   */
  POOL {
    @Override
    public FreezeBoundary attach(Network backbone, HiddenLayers hidden, int classes) {
      Network frozen =
          backbone
              .prefix(backbone.indexAfter(LAST_POOLING))
              .append(
                  new NamedLayer("head_pool", "head_pool", new Layer.AdaptiveAvgPool2d(1)),
                  new NamedLayer("head_flatten", "head_flatten", new Layer.Flatten()));
      return new FreezeBoundary(
          frozen.append(classifier(frozen, hidden, classes)), frozen.layers().size());
    }
  },

  /**
   * The activations of {@code fc2}, 4,096 for VGG: torchvision's recipe of replacing the last one.
   */
  FC {
    @Override
    public FreezeBoundary attach(Network backbone, HiddenLayers hidden, int classes) {
      if (backbone.layers().stream().noneMatch(layer -> layer.name().equals(LAST_HIDDEN))) {
        throw new InvalidOptionException(
            "Head fc takes the activations of fc2, and these weights of "
                + backbone.name()
                + " were saved without the classifier that it is in (include_top=False). Choose"
                + " the head flatten or pool, or weights with the classifier.",
            "head",
            "weights");
      }
      Network frozen = backbone.prefix(backbone.indexAfter(LAST_HIDDEN));
      return new FreezeBoundary(
          frozen.append(classifier(frozen, hidden, classes)), frozen.layers().size());
    }
  };

  private static final String LAST_POOLING = "block5_pool";
  private static final String LAST_HIDDEN = "fc2";

  /**
   * The whole network for {@code classes} classes, cut where this head begins.
   *
   * @param hidden the layers between this head's input and the classifying layer
   */
  public abstract FreezeBoundary attach(Network backbone, HiddenLayers hidden, int classes);

  /** The name that people type: {@code flatten}, {@code pool} or {@code fc}. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The head of that name.
   *
   * @throws InvalidOptionException if there is none
   */
  public static Head parse(String name) {
    return Suggestions.choose("head", name, List.of(values()), Head::optionName);
  }

  /** The layers that take vectors of the frozen part's outputs, the classifying one last. */
  private static List<NamedLayer> classifier(Network frozen, HiddenLayers hidden, int classes) {
    int features = Math.toIntExact(frozen.outputShape().size());
    List<NamedLayer> layers = new ArrayList<>(hidden.layers(features));
    int inputs = hidden.outputs(features);
    layers.add(new NamedLayer("head", "head", new Layer.Linear(inputs, classes)));
    return layers;
  }
}

package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The fully connected layers between a head's input and its classifying layer. An activation and
 * dropout follow each of them, as in torchvision's VGG. Without hidden layers, dropout applies to
 * the head's input.
 *
 * @param units the number of outputs of each layer, in order; empty for no hidden layers
 * @param activation the function after each hidden layer
 * @param dropout the probability that training sets an input of the next layer to zero, in [0, 1)
 */
public record HiddenLayers(List<Integer> units, Activation activation, double dropout) {

  /** No hidden layers and no dropout. */
  public static final HiddenLayers NONE = new HiddenLayers(List.of(), Activation.RELU, 0);

  /** The non-linear function after a hidden layer. */
  public enum Activation {
    /** max(x, 0). */
    RELU,
    /** The hyperbolic tangent. */
    TANH,
    /** 1 / (1 + exp(-x)). */
    SIGMOID;

    private Layer layer() {
      return switch (this) {
        case RELU -> new Layer.Relu();
        case TANH -> new Layer.Tanh();
        case SIGMOID -> new Layer.Sigmoid();
      };
    }

    /** Returns the name in options and files: {@code relu}, {@code tanh} or {@code sigmoid}. */
    public String optionName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the activation with the given name.
     *
     * @throws InvalidOptionException if there is none
     */
    public static Activation parse(String name) {
      return Suggestions.choose("activation", name, List.of(values()), Activation::optionName);
    }
  }

  /** Checks every value. */
  public HiddenLayers {
    units = List.copyOf(units);
    for (int outputs : units) {
      if (outputs < 1) {
        throw new InvalidOptionException(
            "A hidden layer has %d units: expected whole numbers of at least 1, such as 256."
                .formatted(outputs));
      }
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new InvalidOptionException(
          "Dropout is " + dropout + ": expected a probability from 0 to below 1, such as 0.5.");
    }
  }

  /** Returns layers with the given numbers of outputs, with ReLU and without dropout. */
  public static HiddenLayers of(Integer... units) {
    return new HiddenLayers(List.of(units), Activation.RELU, 0);
  }

  /** Returns a copy with another activation. */
  public HiddenLayers withActivation(Activation other) {
    return new HiddenLayers(units, other, dropout);
  }

  /** Returns a copy with another probability of dropout. */
  public HiddenLayers withDropout(double probability) {
    return new HiddenLayers(units, activation, probability);
  }

  /** Returns these layers and the classifying layer, for a head with {@code inputs} inputs. */
  NamedLayer[] layers(int inputs, int classes) {
    List<NamedLayer> layers = new ArrayList<>();
    int features = inputs;
    for (int i = 0; i < units.size(); i++) {
      String name = "head_hidden" + (i + 1);
      layers.add(new NamedLayer(name, name, new Layer.Linear(features, units.get(i))));
      layers.add(
          new NamedLayer(
              name + "_" + activation.optionName(), name + "_activation", activation.layer()));
      addDropout(layers, name + "_dropout");
      features = units.get(i);
    }
    if (units.isEmpty()) {
      addDropout(layers, "head_dropout");
    }
    layers.add(new NamedLayer("head", "head", new Layer.Linear(features, classes)));
    return layers.toArray(NamedLayer[]::new);
  }

  private void addDropout(List<NamedLayer> layers, String name) {
    if (dropout > 0) {
      layers.add(new NamedLayer(name, name, new Layer.Dropout((float) dropout)));
    }
  }
}

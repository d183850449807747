package io.graft.weights.keras;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the parameters of a network in a Keras file. */
public final class KerasViews {

  /**
   * The default epsilon of batch normalisation in Keras.
   *
   * @see <a
   *     href="https://keras.io/api/layers/normalization_layers/batch_normalization/">BatchNormalization</a>
   */
  static final double BATCH_NORM_EPSILON = 0.001;

  /** A name that Keras gave a layer: its class, and a number that increases with every layer. */
  private static final Pattern AUTOMATIC =
      Pattern.compile("(conv2d|dense|batch_normalization)(?:_(\\d{1,9}))?");

  private static final Map<String, String> NORMALISATION =
      Map.of(
          "weight", "gamma",
          "bias", "beta",
          "running_mean", "moving_mean",
          "running_var", "moving_variance");

  private KerasViews() {}

  /**
   * Returns the views by torchvision's name. If the file has only automatic names, the layers of
   * each class are taken in the order of their numbers.
   */
  public static Map<String, TensorView> of(Network network, Set<String> sourceNames) {
    Map<String, String> names = layerNames(network, sourceNames);
    Map<String, TensorView> views = new LinkedHashMap<>();
    Shape shape = network.inputShape();
    Shape flattened = null;
    for (NamedLayer named : network.layers()) {
      String prefix = names.getOrDefault(named.name(), named.name()) + "/";
      for (Map.Entry<String, Shape> parameter : named.layer().parameterShapes().entrySet()) {
        views.put(
            named.path() + "." + parameter.getKey(),
            view(named.layer(), prefix, parameter.getKey(), parameter.getValue(), flattened));
      }
      if (named.layer() instanceof Layer.Flatten) {
        flattened = shape;
      } else if (named.layer() instanceof Layer.Linear) {
        flattened = null;
      }
      shape = named.layer().outputShape(shape);
    }
    return views;
  }

  private static TensorView view(
      Layer layer, String prefix, String parameter, Shape shape, Shape flattened) {
    if (layer instanceof Layer.BatchNorm2d norm) {
      // Values are divided by sqrt(variance + epsilon), so the difference between the two programs'
      // epsilons is added to the variance.
      double addend = parameter.equals("running_var") ? BATCH_NORM_EPSILON - norm.epsilon() : 0;
      return new TensorView(
          prefix + NORMALISATION.get(parameter), shape, shape, null, (float) addend);
    } else if (parameter.equals("bias")) {
      return TensorView.sameOrder(prefix + "bias", shape, shape);
    } else if (layer instanceof Layer.Conv2d conv) {
      long side = conv.kernelSize();
      return new TensorView(
          prefix + "kernel",
          new Shape(side, side, conv.inChannels(), conv.outChannels()),
          shape,
          new TensorView.Order(side * side, conv.inChannels(), conv.outChannels()),
          0);
    } else if (layer instanceof Layer.Linear linear) {
      long channels = flattened == null ? linear.inFeatures() : flattened.get(0);
      return new TensorView(
          prefix + "kernel",
          new Shape(linear.inFeatures(), linear.outFeatures()),
          shape,
          new TensorView.Order(linear.inFeatures() / channels, channels, linear.outFeatures()),
          0);
    }
    throw new IllegalStateException("No Keras form of " + layer);
  }

  /** Returns the name in the file of each layer whose name differs from the network's. */
  private static Map<String, String> layerNames(Network network, Set<String> sourceNames) {
    Set<String> inFile = new LinkedHashSet<>();
    sourceNames.stream()
        .filter(name -> name.contains("/"))
        .forEach(name -> inFile.add(name.substring(0, name.indexOf('/'))));
    Map<String, String> names = new LinkedHashMap<>();
    if (network.layers().stream().anyMatch(layer -> inFile.contains(layer.name()))) {
      return names;
    }
    rename(network, Layer.Conv2d.class, numbered(inFile, "conv2d"), names);
    rename(network, Layer.BatchNorm2d.class, numbered(inFile, "batch_normalization"), names);
    rename(network, Layer.Linear.class, numbered(inFile, "dense"), names);
    return names;
  }

  private static List<String> numbered(Set<String> inFile, String kerasClass) {
    List<String> found = new ArrayList<>();
    for (String name : inFile) {
      Matcher matcher = AUTOMATIC.matcher(name);
      if (matcher.matches() && matcher.group(1).equals(kerasClass)) {
        found.add(name);
      }
    }
    found.sort(Comparator.comparingInt(KerasViews::number));
    return found;
  }

  private static int number(String name) {
    Matcher matcher = AUTOMATIC.matcher(name);
    return matcher.matches() && matcher.group(2) != null ? Integer.parseInt(matcher.group(2)) : 0;
  }

  private static void rename(
      Network network,
      Class<? extends Layer> layerClass,
      List<String> from,
      Map<String, String> to) {
    int next = 0;
    for (NamedLayer named : network.layers()) {
      if (layerClass.isInstance(named.layer()) && next < from.size()) {
        to.put(named.name(), from.get(next++));
      }
    }
  }
}

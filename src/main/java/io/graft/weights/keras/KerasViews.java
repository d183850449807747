package io.graft.weights.keras;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.tensors.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** A layer's name with the number that TensorFlow adds if a session has the name already. */
  private static final Pattern REPEATED =
      Pattern.compile("(block\\d_(?:conv|bn)\\d|fc\\d|predictions)_\\d{1,9}");

  private static final Map<String, String> NORMALISATION =
      Map.of(
          "weight", "gamma",
          "bias", "beta",
          "running_mean", "moving_mean",
          "running_var", "moving_variance");

  private KerasViews() {}

  /**
   * Returns the views by torchvision's name. If the file has none of the network's layers by name,
   * the layers of each class are taken in their order.
   *
   * @param tensors the tensors of the file by name, in order
   */
  public static Map<String, TensorView> of(Network network, Map<String, TensorInfo> tensors) {
    Map<String, String> names = layerNames(network, tensors);
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

  /** Returns the name in the file of each layer that is there. */
  private static Map<String, String> layerNames(Network network, Map<String, TensorInfo> tensors) {
    Map<String, Map<String, String>> models = new LinkedHashMap<>();
    for (String tensor : tensors.keySet()) {
      String layer = parent(tensor);
      String name = layer.substring(layer.lastIndexOf('/') + 1);
      Matcher repeated = REPEATED.matcher(name);
      Map<String, String> inModel =
          models.computeIfAbsent(parent(layer), model -> new LinkedHashMap<>());
      inModel.put(name, layer);
      if (repeated.matches()) {
        inModel.putIfAbsent(repeated.group(1), layer);
      }
    }
    for (Map<String, String> inModel : models.values()) {
      if (network.layers().stream().anyMatch(layer -> inModel.containsKey(layer.name()))) {
        return inModel;
      }
    }
    Map<String, String> names = new LinkedHashMap<>();
    String model = modelWithMostConvolutions(tensors);
    rename(network, Layer.Conv2d.class, layers(tensors, model, "kernel", 4), names);
    rename(network, Layer.BatchNorm2d.class, layers(tensors, model, "gamma", 1), names);
    rename(network, Layer.Linear.class, layers(tensors, model, "kernel", 2), names);
    return names;
  }

  private static String modelWithMostConvolutions(Map<String, TensorInfo> tensors) {
    String most = "";
    int convolutions = 0;
    for (String tensor : tensors.keySet()) {
      String model = parent(parent(tensor));
      int count = layers(tensors, model, "kernel", 4).size();
      if (count > convolutions) {
        most = model;
        convolutions = count;
      }
    }
    return most;
  }

  private static String parent(String path) {
    return path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
  }

  /** Returns the layers of a model that have a tensor of this role with so many dimensions. */
  private static List<String> layers(
      Map<String, TensorInfo> tensors, String model, String role, int dimensions) {
    List<String> found = new ArrayList<>();
    tensors.forEach(
        (name, info) -> {
          if (name.endsWith("/" + role)
              && info.shape().size() == dimensions
              && parent(parent(name)).equals(model)) {
            found.add(parent(name));
          }
        });
    return found;
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

package io.graft.weights;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.weights.keras.KerasViews;
import io.graft.weights.keras.TensorView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names and layouts of weights in different programs, derived from the layers of a network. A
 * file's layout is detected by the names of its tensors.
 */
public enum WeightLayout {

  /**
   * torchvision's layout, which Graft uses as well: torchvision's names, OIHW kernels, and {@code
   * classifier.0} over NCHW features.
   *
   * @see <a
   *     href="https://github.com/pytorch/vision/blob/main/torchvision/models/vgg.py">torchvision's
   *     vgg.py</a>
   */
  TORCHVISION("torchvision", Pattern.compile("(features|classifier)\\.\\d+\\..+")) {
    @Override
    Map<String, TensorView> views(Network network, Map<String, TensorInfo> tensors) {
      Map<String, TensorView> views = new LinkedHashMap<>();
      network
          .parameterShapes()
          .forEach((name, shape) -> views.put(name, TensorView.sameOrder(name, shape, shape)));
      return views;
    }
  },

  /**
   * timm's layout: torchvision's features, and a classifier of 7 x 7 and 1 x 1 convolutions.
   *
   * @see <a
   *     href="https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/vgg.py">timm's
   *     vgg.py</a>
   */
  TIMM("timm", Pattern.compile("(pre_logits|head\\.fc)\\..+")) {
    @Override
    Map<String, TensorView> views(Network network, Map<String, TensorInfo> tensors) {
      Map<String, TensorView> views = new LinkedHashMap<>();
      Shape image = network.inputShape();
      Shape shape = network.inputShape();
      for (NamedLayer layer : network.layers()) {
        String path = TIMM_CLASSIFIER.getOrDefault(layer.name(), layer.path());
        boolean convolution = path.startsWith("pre_logits.");
        Shape kernel = layer.name().equals("fc1") ? image : new Shape(shape.get(0), 1, 1);
        layer
            .layer()
            .parameterShapes()
            .forEach(
                (parameter, expected) ->
                    views.put(
                        layer.path() + "." + parameter,
                        TensorView.sameOrder(
                            path + "." + parameter,
                            convolution && parameter.equals("weight")
                                ? new Shape(expected.get(0)).addAll(kernel)
                                : expected,
                            expected)));
        shape = layer.layer().outputShape(shape);
        image = shape.dimension() == 3 ? shape : image;
      }
      return views;
    }
  },

  /**
   * Keras's layout: Keras's names, HWIO convolution kernels, dense kernels of shape (in, out), and
   * {@code fc1} over NHWC features.
   *
   * @see <a
   *     href="https://github.com/keras-team/keras/blob/master/keras/src/applications/vgg16.py">Keras's
   *     vgg16.py</a>
   */
  KERAS("Keras", Pattern.compile(".+/(kernel|gamma)")) {
    @Override
    Map<String, TensorView> views(Network network, Map<String, TensorInfo> tensors) {
      return KerasViews.of(network, tensors);
    }

    @Override
    List<String> amongConvolutions(Network convolutions, Set<String> used, List<String> names) {
      int last = 0;
      for (int i = 0; i < names.size(); i++) {
        last = used.contains(names.get(i)) ? i : last;
      }
      List<String> found = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        if (i < last || KERAS_CONVOLUTION.matcher(names.get(i)).matches()) {
          found.add(names.get(i));
        }
      }
      return found;
    }
  };

  private static final Map<String, String> TIMM_CLASSIFIER =
      Map.of("fc1", "pre_logits.fc1", "fc2", "pre_logits.fc2", "predictions", "head.fc");

  private static final Pattern FEATURE = Pattern.compile("features\\.(\\d{1,6})\\..+");

  private static final Pattern KERAS_CONVOLUTION =
      Pattern.compile("(?:.+/)?block\\d+_(?:conv|bn)\\d+/.+");

  private static final int MOST_NAMED = 3;

  private final String program;
  private final Pattern sign;

  WeightLayout(String program, Pattern sign) {
    this.program = program;
    this.sign = sign;
  }

  /** Returns the name of the program that uses this layout. */
  public String program() {
    return program;
  }

  /**
   * Returns how a file stores each parameter of a network, by torchvision's name.
   *
   * @param tensors all tensors of the file, by their names after wrappers are removed
   */
  abstract Map<String, TensorView> views(Network network, Map<String, TensorInfo> tensors);

  /**
   * Returns the tensors that are among the layers up to the last pooling, because of their names or
   * places in the file.
   *
   * @param used the names of the tensors of these layers
   * @param names the names of all tensors, in the order of the file
   */
  List<String> amongConvolutions(Network convolutions, Set<String> used, List<String> names) {
    int last = convolutions.layers().size() - 1;
    return names.stream()
        .filter(
            name -> {
              Matcher numbered = FEATURE.matcher(name);
              return numbered.matches() && Integer.parseInt(numbered.group(1)) <= last;
            })
        .toList();
  }

  /**
   * Detects the layout of a file.
   *
   * @throws WeightsException if the names match no layout, or several layouts
   */
  public static WeightLayout detect(TensorSource source) {
    return detect(source, TorchNames.inFile(source).keySet());
  }

  /** Detects the layout of a file whose tensors have these names after wrappers are removed. */
  static WeightLayout detect(TensorSource source, Set<String> names) {
    boolean timm = TIMM.appearsIn(names);
    boolean torchvision = TORCHVISION.appearsIn(names);
    boolean keras = KERAS.appearsIn(names);
    if (keras && !timm && !torchvision) {
      return KERAS;
    } else if (timm && !keras) {
      return TIMM;
    } else if (torchvision && !keras) {
      return TORCHVISION;
    }
    throw new WeightsException(
        String.format(
            "Cannot tell whose weights %s holds: it has %s tensors, such as %s. Expected"
                + " torchvision's names (features.0.weight), timm's (pre_logits.fc1.weight) or"
                + " Keras's (block1_conv1/kernel). Name a file of a VGG network.",
            source.description(),
            names.size(),
            source.tensors().keySet().stream().limit(MOST_NAMED).toList()));
  }

  private boolean appearsIn(Set<String> names) {
    return names.stream().anyMatch(name -> sign.matcher(name).matches());
  }
}

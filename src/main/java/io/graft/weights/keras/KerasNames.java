package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives the datasets of a Keras file the names {@code LAYER/kernel}, {@code LAYER/bias}, {@code
 * LAYER/gamma}, {@code LAYER/beta}, {@code LAYER/moving_mean} and {@code LAYER/moving_variance}.
 * Layers keep the names that Keras gave them.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/master/keras/src/legacy/saving/legacy_h5_format.py">Keras's
 *     legacy_h5_format.py</a>
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py">Keras's
 *     saving_lib.py</a>
 */
final class KerasNames {

  private static final List<String> PLAIN = List.of("kernel", "bias");
  private static final List<String> NORMALISATION =
      List.of("gamma", "beta", "moving_mean", "moving_variance");

  /** Keras 3's paths: {@code /layers/conv2d_3/vars/0}, nested {@code /layers/A/layers/B/vars}. */
  private static final Pattern KERAS_3 =
      Pattern.compile(
          "(/(?:layers|_layer_checkpoint_dependencies)/(?:.+/)?([^/]+)/vars)/(\\d{1,4})");

  /** The last part of a path in Keras 1's published files, such as {@code block1_conv1_W_1:0}. */
  private static final Pattern KERAS_1_LEAF = Pattern.compile(".*_([Wb])(?:_\\d+)?");

  private KerasNames() {}

  /**
   * Returns the path of each tensor's dataset, by the tensor's name. Leaves out the state of
   * optimizers and random generators, because it is not weights.
   */
  static Map<String, String> of(Hdf5File file) {
    boolean keras3 = file.paths().stream().anyMatch(path -> KERAS_3.matcher(path).matches());
    Map<String, String> names = new LinkedHashMap<>();
    (keras3 ? keras3(file) : legacy(file))
        .forEach(
            (path, name) -> {
              String other = names.put(name, path);
              if (other != null) {
                throw file.malformed(
                    "%s and %s are both named %s", quote(other), quote(path), quote(name));
              }
            });
    return names;
  }

  private static Map<String, String> keras3(Hdf5File file) {
    Map<String, TreeMap<Integer, String>> variables = new LinkedHashMap<>();
    Map<String, String> names = new LinkedHashMap<>();
    for (String path : file.paths()) {
      Matcher matcher = KERAS_3.matcher(path);
      if (matcher.matches() && !matcher.group(2).startsWith("seed_generator")) {
        variables
            .computeIfAbsent(matcher.group(1), group -> new TreeMap<>())
            .put(Integer.parseInt(matcher.group(3)), path);
        names.put(matcher.group(1), matcher.group(2));
      }
    }
    Map<String, String> result = new LinkedHashMap<>();
    variables.forEach(
        (group, paths) -> {
          String container = names.get(group);
          String layer = file.text(group, "name").orElse(container);
          List<String> roles = container.startsWith("batch_normalization") ? NORMALISATION : PLAIN;
          boolean known = paths.size() == roles.size() || (roles == PLAIN && paths.size() == 1);
          paths.forEach(
              (index, path) ->
                  result.put(
                      path,
                      layer
                          + "/"
                          + (known && index < roles.size() ? roles.get(index) : "vars/" + index)));
        });
    return result;
  }

  private static Map<String, String> legacy(Hdf5File file) {
    String root =
        file.paths().stream().anyMatch(path -> path.startsWith("/model_weights/"))
            ? "/model_weights/"
            : "/";
    Map<String, Set<String>> parentsByTop = new LinkedHashMap<>();
    List<String> paths = new ArrayList<>();
    for (String path : file.paths()) {
      if (path.startsWith(root) && !leaf(path).startsWith("seed_generator")) {
        paths.add(path);
        parentsByTop
            .computeIfAbsent(top(path, root), name -> new LinkedHashSet<>())
            .add(path.substring(0, path.lastIndexOf('/')));
      }
    }
    Map<String, String> result = new LinkedHashMap<>();
    for (String path : paths) {
      String top = top(path, root);
      // A group with several inner groups is a model used as a layer. A single inner group is a
      // TensorFlow name scope, whose name may differ from the layer's.
      boolean nested = parentsByTop.get(top).size() > 1;
      String parent = path.substring(0, path.lastIndexOf('/'));
      String layer = nested ? parent.substring(parent.lastIndexOf('/') + 1) : top;
      result.put(path, layer + "/" + role(leaf(path)));
    }
    return result;
  }

  private static String top(String path, String root) {
    int end = path.indexOf('/', root.length());
    return path.substring(root.length(), end < 0 ? path.length() : end);
  }

  private static String leaf(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String role(String leaf) {
    String name = leaf.replaceFirst(":\\d{1,4}$", "");
    Matcher keras1 = KERAS_1_LEAF.matcher(name);
    if (!PLAIN.contains(name) && !NORMALISATION.contains(name) && keras1.matches()) {
      return keras1.group(1).equals("W") ? "kernel" : "bias";
    }
    return name;
  }
}

package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
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
 * Layers keep the names that Keras gave them. If two layers, in a model and in a model inside it,
 * have one name, the names of all layers inside models begin with those of the models.
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

  /**
   * Keras 3's paths: {@code /layers/conv2d_3/vars/0}, nested {@code /layers/A/layers/B/vars}, and
   * {@code /backbone/layers/B/vars} for an attribute of the user's own class.
   */
  private static final Pattern KERAS_3 = Pattern.compile("((/(?:.+/)?)([^/]+)/vars)/(\\d{1,4})");

  /** Where Keras 3 keeps other variables than weights. */
  private static final Pattern NOT_WEIGHTS =
      Pattern.compile("/(optimizer|metrics|_metrics|compile_metrics|seed_generator)(_\\d+)?/.*");

  /** The last part of a path in Keras 1's published files, such as {@code block1_conv1_W_1:0}. */
  private static final Pattern KERAS_1_LEAF = Pattern.compile(".*_([Wb])(?:_\\d+)?");

  /** A name that Keras gave a layer or a group: its class, and a number that increases. */
  private static final Pattern AUTOMATIC =
      Pattern.compile("(?:conv2d|dense|batch_normalization)(?:_(\\d{1,9}))?");

  private KerasNames() {}

  /** The name of a dataset: the models that its layer is in, the layer and the role. */
  private record Name(String models, String layer, String role) {
    String plain() {
      return layer + "/" + role;
    }

    String full() {
      return models + plain();
    }
  }

  /**
   * Returns the path of each tensor's dataset, by the tensor's name. The order is that of the
   * layers in the model as far as the file tells it. Leaves out the state of optimizers and random
   * generators, because it is not weights.
   *
   * @param layers the names of the model's layers in order; empty if they are not known
   */
  static Map<String, String> of(Hdf5File file, List<String> layers) {
    boolean keras3 = file.paths().stream().anyMatch(path -> KERAS_3.matcher(path).matches());
    Map<String, Name> found = keras3 ? keras3(file, layers) : legacy(file);
    Set<String> plain = new HashSet<>();
    boolean unique = found.values().stream().allMatch(name -> plain.add(name.plain()));
    Map<String, String> names = new LinkedHashMap<>();
    found.forEach(
        (path, name) -> {
          String other = names.put(unique ? name.plain() : name.full(), path);
          if (other != null) {
            throw file.malformed(
                "%s and %s are both named %s", quote(other), quote(path), quote(name.full()));
          }
        });
    return names;
  }

  /** A layer of Keras 3's files: a group with numbered variables. */
  private record Variables(
      String models, String container, String layer, Map<Integer, String> paths) {

    boolean normalises() {
      return container.startsWith("batch_normalization");
    }

    boolean convolves() {
      return container.startsWith("conv2d");
    }
  }

  private static Map<String, Name> keras3(Hdf5File file, List<String> layers) {
    Map<String, Variables> groups = new LinkedHashMap<>();
    for (String path : file.paths()) {
      Matcher matcher = KERAS_3.matcher(path);
      if (matcher.matches()
          && !NOT_WEIGHTS.matcher(path).matches()
          && !matcher.group(3).startsWith("seed_generator")) {
        String container = matcher.group(3);
        String layer = file.text(matcher.group(1), "name").orElse(container);
        String models =
            matcher
                .group(2)
                .substring(1)
                .replaceAll("(layers|_layer_checkpoint_dependencies)/", "");
        groups
            .computeIfAbsent(
                matcher.group(1), group -> new Variables(models, container, layer, new TreeMap<>()))
            .paths()
            .put(Integer.parseInt(matcher.group(4)), path);
      }
    }
    List<Variables> sorted = new ArrayList<>(groups.values());
    sort(sorted, layers);
    Map<String, Name> result = new LinkedHashMap<>();
    for (Variables group : sorted) {
      List<String> roles = group.normalises() ? NORMALISATION : PLAIN;
      int count = group.paths().size();
      boolean known = count == roles.size() || (roles == PLAIN && count == 1);
      group
          .paths()
          .forEach(
              (index, path) ->
                  result.put(
                      path,
                      new Name(
                          group.models(),
                          group.layer(),
                          known && index < roles.size() ? roles.get(index) : "vars/" + index)));
    }
    return result;
  }

  /**
   * Sorts layers as they are in the model. If that is not known, the convolutions come first, of
   * the model with the most of them, in the order of their groups' numbers. Normalisations come
   * before them if there may be one for each.
   */
  private static void sort(List<Variables> groups, List<String> layers) {
    Map<String, Integer> places = new HashMap<>();
    layers.forEach(layer -> places.putIfAbsent(layer, places.size()));
    if (groups.stream().allMatch(group -> places.containsKey(group.layer()))) {
      groups.sort(Comparator.comparingInt(group -> places.get(group.layer())));
      return;
    }
    Map<String, Long> convolutions = new HashMap<>();
    Map<String, Long> normalisations = new HashMap<>();
    for (Variables group : groups) {
      convolutions.merge(group.models(), group.convolves() ? 1L : 0, Long::sum);
      normalisations.merge(group.models(), group.normalises() ? 1L : 0, Long::sum);
    }
    groups.sort(
        Comparator.comparingLong((Variables group) -> -convolutions.get(group.models()))
            .thenComparingInt(
                group -> {
                  String models = group.models();
                  if (group.normalises()) {
                    return normalisations.get(models) >= convolutions.get(models) ? 0 : 2;
                  }
                  return group.convolves() ? 1 : 2;
                })
            .thenComparingInt(group -> number(group.container())));
  }

  /**
   * Returns the number at the end of a name that Keras gave a layer or group, 0 if there is none.
   */
  private static int number(String name) {
    Matcher matcher = AUTOMATIC.matcher(name);
    return matcher.matches() && matcher.group(1) != null ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private static Map<String, Name> legacy(Hdf5File file) {
    String root =
        file.paths().stream().anyMatch(path -> path.startsWith("/model_weights/"))
            ? "/model_weights/"
            : "/";
    Map<String, Set<String>> parentsByTop = new LinkedHashMap<>();
    List<String> paths = new ArrayList<>();
    for (String path : inOrder(file, root)) {
      boolean weights = root.length() > 1 || !path.startsWith("/optimizer_weights/");
      if (path.startsWith(root) && weights && !leaf(path).startsWith("seed_generator")) {
        paths.add(path);
        parentsByTop
            .computeIfAbsent(top(path, root), name -> new LinkedHashSet<>())
            .add(path.substring(0, path.lastIndexOf('/')));
      }
    }
    Map<String, Name> result = new LinkedHashMap<>();
    for (String path : paths) {
      String top = top(path, root);
      // A group with several inner groups is a model used as a layer. A single inner group is a
      // TensorFlow name scope, whose name may differ from the layer's.
      boolean nested = parentsByTop.get(top).size() > 1;
      String parent = path.substring(0, path.lastIndexOf('/'));
      String layer = nested ? parent.substring(parent.lastIndexOf('/') + 1) : top;
      result.put(path, new Name(nested ? top + "/" : "", layer, role(leaf(path))));
    }
    return result;
  }

  /**
   * Returns all paths, first those that the attributes of Keras list, in the order of the lists.
   * The others follow by the numbers in their layers' names.
   */
  private static Set<String> inOrder(Hdf5File file, String root) {
    String group = root.substring(0, root.length() - 1);
    Set<String> ordered = new LinkedHashSet<>();
    for (String layer : file.texts(group, "layer_names")) {
      for (String weight : file.texts(root + layer, "weight_names")) {
        ordered.add(root + layer + "/" + weight);
      }
    }
    ordered.retainAll(file.paths());
    List<String> others = new ArrayList<>(file.paths());
    others.sort(
        Comparator.comparingInt(
            path -> path.startsWith(root) ? number(top(path, root)) : Integer.MAX_VALUE));
    ordered.addAll(others);
    return ordered;
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

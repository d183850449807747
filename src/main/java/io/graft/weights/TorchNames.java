package io.graft.weights;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds a network inside others by the names of its tensors. PyTorch joins the names of modules
 * with dots, so a network in a wrapper, or in a part of a larger network, has names such as {@code
 * model.module.features.0.weight}. Its convolutions alone have {@code 0.weight}.
 */
final class TorchNames {

  /** The parts of a name that wrappers add anywhere: they say nothing about the network. */
  private static final Set<String> WRAPPERS =
      Set.of(
          "module",
          "_orig_mod",
          "_forward_module",
          "_fsdp_wrapped_module",
          "_checkpoint_wrapped_module");

  private static final String FEATURES = "features.";
  private static final String FIRST = "0.weight";

  private static final Pattern NUMBERED = Pattern.compile("\\d+\\..+");

  private TorchNames() {}

  /**
   * Returns torchvision's or timm's name of each tensor, and the tensor's name in the file. A
   * tensor outside of the network keeps its name.
   *
   * @throws WeightsException if the file holds several networks
   */
  static Map<String, String> inFile(TensorSource source) {
    Map<String, String> bare = withoutWrappers(source.tensors().keySet());
    List<String> prefixes = new ArrayList<>();
    bare.forEach(
        (name, original) -> {
          boolean first = name.equals(FIRST) || name.endsWith("." + FIRST);
          if (first && takesImages(source.tensors().get(original))) {
            prefixes.add(name.substring(0, name.length() - FIRST.length()));
          }
        });
    if (prefixes.size() > 1) {
      throw new WeightsException(
          String.format(
              "%s holds several networks: '%s' and '%s' are both the first convolution of one."
                  + " Expected one network; save the state_dict of one of them alone.",
              source.description(), prefixes.get(0) + FIRST, prefixes.get(1) + FIRST),
          "weights");
    }
    return prefixes.isEmpty() ? bare : within(prefixes.get(0), bare);
  }

  private static boolean takesImages(TensorInfo info) {
    List<Long> shape = info.shape();
    return shape.size() == 4 && shape.get(1) == 3 && shape.get(2) == 3 && shape.get(3) == 3;
  }

  /** Removes the parts of wrappers, unless two tensors would then have one name. */
  private static Map<String, String> withoutWrappers(Set<String> names) {
    Map<String, String> bare = new LinkedHashMap<>();
    for (String name : names) {
      List<String> parts = new ArrayList<>(List.of(name.split("\\.", -1)));
      parts.removeIf(WRAPPERS::contains);
      bare.put(String.join(".", parts), name);
    }
    if (bare.size() < names.size()) {
      bare.clear();
      names.forEach(name -> bare.put(name, name));
    }
    return bare;
  }

  /**
   * Renames the tensors of a network whose convolutions' names begin with {@code prefix}. Its
   * classifier stands beside them, if they are called {@code features}.
   */
  private static Map<String, String> within(String prefix, Map<String, String> bare) {
    boolean named = prefix.equals(FEATURES) || prefix.endsWith("." + FEATURES);
    String network = named ? prefix.substring(0, prefix.length() - FEATURES.length()) : null;
    Map<String, String> renamed = new LinkedHashMap<>();
    Map<String, String> outside = new LinkedHashMap<>();
    bare.forEach(
        (name, original) -> {
          String rest = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
          if (NUMBERED.matcher(rest).matches()) {
            renamed.put(FEATURES + rest, original);
          } else if (named && name.startsWith(network)) {
            renamed.put(name.substring(network.length()), original);
          } else {
            outside.put(name, original);
          }
        });
    // The original name of a tensor outside may be that of one inside.
    outside.forEach((name, original) -> renamed.putIfAbsent("/" + name, original));
    return renamed;
  }
}

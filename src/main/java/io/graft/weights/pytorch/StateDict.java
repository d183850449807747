package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.tensors.TensorReads;
import io.graft.weights.pytorch.Pickled.Dict;
import io.graft.weights.pytorch.Pickled.Instance;
import io.graft.weights.pytorch.Pickled.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the named tensors of a checkpoint. */
final class StateDict {

  /** Where {@code torch.nn.Module} keeps its parameters, its buffers and the modules inside it. */
  private static final Set<String> MEMBERS = Set.of("_parameters", "_buffers", "_modules");

  private static final String DATA_PARALLEL_PREFIX = "module.";
  private static final int MAX_NAME_CHARACTERS = 1024;
  private static final int MAX_MODULES = 100_000;

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private int modules;

  private StateDict() {}

  /**
   * Finds the tensors. A checkpoint has them in the dictionary at the top, or in one inside it, at
   * most two levels down, such as that under {@code state_dict}. A module has them as attributes of
   * itself and of the modules inside it. Their names are the attribute paths.
   */
  static Map<String, Tensor> find(Pickled root) throws MalformedCheckpointException {
    StateDict found = new StateDict();
    if (!(root instanceof Instance) && !(root instanceof Dict)) {
      throw new MalformedCheckpointException("it holds no dictionary of tensors at its top");
    }
    Pickled chosen = root instanceof Dict dict ? StateDictChoice.of(dict) : root;
    if (chosen instanceof Instance module) {
      found.addModule("", module, 0);
    } else {
      found.addEntries("", (Dict) chosen);
    }
    if (found.tensors.isEmpty()) {
      throw new MalformedCheckpointException("it holds no tensors%s", hint(root));
    }
    return withoutPrefix(found.tensors);
  }

  private void addEntries(String prefix, Dict dict) throws MalformedCheckpointException {
    for (Map.Entry<String, Pickled> entry : dict.entries().entrySet()) {
      if (entry.getValue() instanceof Tensor tensor) {
        add(prefix + entry.getKey(), tensor);
      }
    }
  }

  private void addModule(String prefix, Instance module, int depth)
      throws MalformedCheckpointException {
    // Modules may be shared, so a small file can have very many paths.
    if (++modules > MAX_MODULES || depth > PickleTree.MAX_DEPTH) {
      throw new MalformedCheckpointException(
          "its modules nest deeper than %s levels or have more than %s paths",
          PickleTree.MAX_DEPTH, MAX_MODULES);
    }
    for (Map.Entry<String, Pickled> attribute : module.attributes().entries().entrySet()) {
      String path = requireName(prefix + attribute.getKey());
      if (MEMBERS.contains(attribute.getKey()) && attribute.getValue() instanceof Dict members) {
        addMembers(prefix, members, depth);
      } else if (attribute.getValue() instanceof Tensor tensor) {
        add(path, tensor);
      } else if (attribute.getValue() instanceof Instance inner) {
        addModule(path + ".", inner, depth + 1);
      }
    }
  }

  /** Adds what a pickled module keeps in one of its dictionaries of members. */
  private void addMembers(String prefix, Dict members, int depth)
      throws MalformedCheckpointException {
    addEntries(prefix, members);
    for (Map.Entry<String, Pickled> member : members.entries().entrySet()) {
      if (member.getValue() instanceof Instance inner) {
        addModule(requireName(prefix + member.getKey()) + ".", inner, depth + 1);
      }
    }
  }

  private void add(String name, Tensor tensor) throws MalformedCheckpointException {
    if (tensors.put(requireName(name), tensor) != null) {
      throw new MalformedCheckpointException("it names the tensor %s twice", quote(name));
    }
    if (tensors.size() > TensorReads.MAX_TENSORS) {
      throw new MalformedCheckpointException(
          "it holds more than %s tensors", TensorReads.MAX_TENSORS);
    }
  }

  private static String requireName(String name) throws MalformedCheckpointException {
    if (name.length() > MAX_NAME_CHARACTERS) {
      throw new MalformedCheckpointException(
          "it names a tensor with more than %s characters", MAX_NAME_CHARACTERS);
    }
    return name;
  }

  /** Removes the prefix {@code module}, under which DataParallel puts the whole network. */
  private static Map<String, Tensor> withoutPrefix(Map<String, Tensor> tensors) {
    if (!tensors.keySet().stream().allMatch(name -> name.startsWith(DATA_PARALLEL_PREFIX))) {
      return tensors;
    }
    Map<String, Tensor> stripped = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> stripped.put(name.substring(DATA_PARALLEL_PREFIX.length()), tensor));
    return stripped;
  }

  private static String hint(Pickled root) {
    if (root instanceof Instance) {
      return " as attributes of its modules; a module that torch.jit.freeze made keeps none there";
    }
    List<String> keys = new ArrayList<>();
    for (String key : ((Dict) root).entries().keySet()) {
      if (keys.size() == 5) {
        break;
      }
      keys.add(quote(key));
    }
    return " at its top, under 'state_dict', 'model_state_dict' or 'model'; the keys at its top"
        + " begin with "
        + keys;
  }
}

package io.graft.weights.pytorch;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.MalformedCheckpointException;
import io.graft.weights.pytorch.Pickled.Dict;
import io.graft.weights.pytorch.Pickled.Instance;
import io.graft.weights.pytorch.Pickled.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Chooses the dictionary of weights among those of a checkpoint. */
final class StateDictChoice {

  private static final int MAX_LEVELS = 2;

  /** The keys under which programs keep weights. */
  private static final List<String> CONTAINERS =
      List.of(
          "state_dict",
          "model_state_dict",
          "model",
          "model_state",
          "module",
          "net",
          "network",
          "weights",
          "params");

  /** What keys of other things contain: the state of a training, and averages of the weights. */
  private static final List<String> OTHERS =
      List.of("optim", "sched", "scaler", "callback", "criterion", "loss", "ema");

  private StateDictChoice() {}

  /** Something with tensors: a dictionary, or a whole module. */
  private record Candidate(String path, Pickled value, boolean named, boolean weights) {}

  /**
   * Returns the dictionary or module with the weights, or the root if nothing has tensors.
   *
   * @throws MalformedCheckpointException if there are several
   */
  static Pickled of(Dict root) throws MalformedCheckpointException {
    List<Candidate> found = new ArrayList<>();
    if (holdsTensors(root, 0)) {
      found.add(new Candidate("", root, false, holdsTensors(root, 2)));
    }
    collect(root, "", 1, found);
    if (found.stream().anyMatch(Candidate::weights)) {
      found.removeIf(candidate -> !candidate.weights());
    }
    List<Candidate> named = found.stream().filter(Candidate::named).toList();
    if (!named.isEmpty()) {
      return only(named).value();
    }
    return found.isEmpty() || found.get(0).value() == root ? root : only(found).value();
  }

  private static void collect(Dict dict, String path, int level, List<Candidate> found) {
    for (Map.Entry<String, Pickled> entry : dict.entries().entrySet()) {
      String key = entry.getKey();
      if (OTHERS.stream().anyMatch(key.toLowerCase(Locale.ROOT)::contains)) {
        continue;
      }
      String name = path + quote(key);
      boolean named = CONTAINERS.contains(key);
      if (entry.getValue() instanceof Instance module && isModule(module, newSet(), 0)) {
        found.add(new Candidate(name, module, named, true));
      } else if (entry.getValue() instanceof Dict inner) {
        if (holdsTensors(inner, 0)) {
          found.add(new Candidate(name, inner, named, holdsTensors(inner, 2)));
        }
        if (level < MAX_LEVELS) {
          collect(inner, name + " and there ", level + 1, found);
        }
      }
    }
  }

  /** Returns whether an object is a module with parameters, its own or of modules inside it. */
  private static boolean isModule(Instance object, Set<Pickled> seen, int depth) {
    Map<String, Pickled> attributes = object.attributes().entries();
    boolean known = depth > PickleTree.MAX_DEPTH || !seen.add(object);
    if (known || !(attributes.get("_modules") instanceof Dict modules)) {
      return false;
    }
    boolean own =
        attributes.get("_parameters") instanceof Dict parameters && holdsTensors(parameters, 0);
    return own
        || modules.entries().values().stream()
            .anyMatch(
                inner -> inner instanceof Instance module && isModule(module, seen, depth + 1));
  }

  private static Set<Pickled> newSet() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  private static boolean holdsTensors(Dict dict, int leastDimensions) {
    return dict.entries().values().stream()
        .anyMatch(
            value -> value instanceof Tensor tensor && tensor.shape().size() >= leastDimensions);
  }

  private static Candidate only(List<Candidate> candidates) throws MalformedCheckpointException {
    if (candidates.size() > 1) {
      throw new MalformedCheckpointException(
          "it holds tensors both under %s and under %s, so the right ones are unknown",
          candidates.get(0).path(), candidates.get(1).path());
    }
    return candidates.get(0);
  }
}

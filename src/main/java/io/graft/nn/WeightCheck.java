package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks that tensors have the names and shapes of a network's parameters. */
public final class WeightCheck {

  private static final int MOST_NAMED = 5;

  /** PyTorch's counts of batches and of averaged states, which no network uses. */
  private static final List<String> BOOKKEEPING = List.of("num_batches_tracked", "n_averaged");

  private WeightCheck() {}

  /**
   * Checks that there is exactly one tensor of the right shape for each parameter, without reading
   * the values.
   *
   * @throws WeightsException if a tensor is missing or extra, has another shape, or is not of a
   *     floating-point type; the message names it
   */
  public static void requireExactly(Network network, TensorSource weights) {
    requireExactly(network.name(), "torchvision", network.parameterShapes(), weights);
  }

  /**
   * Checks the names and shapes of all tensors against the names and shapes that a program writes.
   *
   * @param network the network's name, for messages
   * @param program the program's name, for messages
   * @param expected the expected shapes, by the program's names for the tensors
   */
  public static void requireExactly(
      String network, String program, Map<String, Shape> expected, TensorSource weights) {
    List<String> strangers =
        weights.tensors().keySet().stream()
            .filter(name -> !expected.containsKey(name) && !isBookkeeping(name))
            .toList();
    String exactly =
        "exactly the %d tensors of %s's %s".formatted(expected.size(), program, network);
    require(network, exactly, expected, strangers, weights);
  }

  /**
   * Returns whether a tensor is bookkeeping of PyTorch that no network uses, such as its count of
   * batches.
   */
  public static boolean isBookkeeping(String tensor) {
    return BOOKKEEPING.stream().anyMatch(name -> ("." + tensor).endsWith("." + name));
  }

  /** Returns whether a source has a tensor of this name and shape and of a floating-point type. */
  public static boolean holds(TensorSource weights, String name, Shape shape) {
    return fault(weights, name, shape).isEmpty();
  }

  /**
   * Checks that a file has all expected tensors and no strangers.
   *
   * @param network the network's name, for messages
   * @param description the expected tensors in words, for messages
   * @param expected the expected shapes, by the program's names for the tensors
   * @param strangers the names of the tensors that must not be there
   */
  public static void require(
      String network,
      String description,
      Map<String, Shape> expected,
      List<String> strangers,
      TensorSource weights) {
    List<String> faults = new ArrayList<>();
    expected.forEach((name, shape) -> fault(weights, name, shape).ifPresent(faults::add));
    strangers.forEach(name -> faults.add("tensor '" + name + "' belongs to no layer"));
    if (!faults.isEmpty()) {
      int more = faults.size() - MOST_NAMED;
      String named = String.join("; ", faults.subList(0, Math.min(MOST_NAMED, faults.size())));
      throw new WeightsException(
          ("%s does not hold the weights of %s: %s%s. Expected %s. Name a file of that network, or"
                  + " choose another backbone.")
              .formatted(
                  weights.description(),
                  network,
                  named,
                  more > 0 ? "; and " + more + " more faults" : "",
                  description),
          "weights",
          "backbone");
    }
  }

  private static Optional<String> fault(TensorSource weights, String name, Shape shape) {
    TensorInfo found = weights.tensors().get(name);
    if (found == null) {
      return Optional.of("tensor '" + name + "' " + dimensions(shape) + " is missing");
    } else if (!dimensions(shape).equals(found.shape().toString())) {
      return Optional.of(
          "tensor '%s' has shape %s where %s is expected"
              .formatted(name, found.shape(), dimensions(shape)));
    } else if (!found.type().isFloatingPoint()) {
      return Optional.of("tensor '" + name + "' has dtype " + found.type() + ", not a float");
    }
    return Optional.empty();
  }

  /**
   * Checks that there is a tensor for every parameter of the layers. Other tensors are allowed.
   *
   * @throws WeightsException if a parameter is missing; the message names it
   */
  public static void requireCovered(Network layers, TensorSource weights) {
    layers
        .parameterShapes()
        .forEach(
            (name, shape) -> {
              if (!weights.tensors().containsKey(name)) {
                throw new WeightsException(
                    ("%s has no '%s' of shape %s, which is needed: it was saved without its"
                            + " classifier (include_top=False), or with another one. Choose the"
                            + " head flatten or pool, or a file with the classifier.")
                        .formatted(weights.description(), name, dimensions(shape)),
                    "head",
                    "weights");
              }
            });
  }

  private static String dimensions(Shape shape) {
    return Arrays.toString(shape.getShape());
  }
}

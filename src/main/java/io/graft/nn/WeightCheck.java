package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Holds tensors against a network: every parameter once, in its shape, and nothing else. */
public final class WeightCheck {

  private static final int MOST_NAMED = 5;

  /** PyTorch's count of batches seen; no part of what the network computes. */
  private static final String IGNORED_SUFFIX = ".num_batches_tracked";

  private WeightCheck() {}

  /**
   * Checks the names and shapes of all tensors, without reading their values.
   *
   * @throws WeightsException if a tensor is missing, left over, mis-shaped or not of a floating
   *     point type; the message names it
   */
  public static void requireExactly(Network network, TensorSource weights) {
    requireExactly(network.name(), "torchvision", network.parameterShapes(), weights);
  }

  /**
   * Checks the names and shapes of all tensors against those that a program's file has.
   *
   * @param network the network's name
   * @param program the program's name, for messages
   * @param expected the shapes by the program's own names
   */
  public static void requireExactly(
      String network, String program, Map<String, Shape> expected, TensorSource weights) {
    List<String> faults = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          TensorInfo found = weights.tensors().get(name);
          if (found == null) {
            faults.add("tensor '" + name + "' " + dimensions(shape) + " is missing");
          } else if (!dimensions(shape).equals(found.shape().toString())) {
            faults.add(
                "tensor '"
                    + name
                    + "' has shape "
                    + found.shape()
                    + " where "
                    + dimensions(shape)
                    + " is expected");
          } else if (!found.type().isFloatingPoint()) {
            faults.add("tensor '" + name + "' has dtype " + found.type() + ", not a float");
          }
        });
    weights.tensors().keySet().stream()
        .filter(name -> !expected.containsKey(name) && !name.endsWith(IGNORED_SUFFIX))
        .forEach(name -> faults.add("tensor '" + name + "' belongs to no layer"));
    if (!faults.isEmpty()) {
      throw new WeightsException(
          weights.description()
              + " does not hold the weights of "
              + network
              + ": "
              + String.join("; ", faults.subList(0, Math.min(MOST_NAMED, faults.size())))
              + (faults.size() > MOST_NAMED
                  ? "; and " + (faults.size() - MOST_NAMED) + " faults more"
                  : "")
              + ". Expected exactly the "
              + expected.size()
              + " tensors of "
              + program
              + "'s "
              + network
              + ". Name a file of that network, or choose another backbone.",
          "weights",
          "backbone");
    }
  }

  /**
   * Checks that every parameter of some layers is there, whatever else is.
   *
   * @throws WeightsException if one is missing; the message names it
   */
  public static void requireCovered(Network layers, TensorSource weights) {
    for (String name : layers.parameterShapes().keySet()) {
      if (!weights.tensors().containsKey(name)) {
        throw new WeightsException(
            weights.description()
                + " has no '"
                + name
                + "', which is needed: it was saved without its classifier (include_top=False)."
                + " Choose the head flatten or pool, or a file with the classifier.",
            "head",
            "weights");
      }
    }
  }

  private static String dimensions(Shape shape) {
    return java.util.Arrays.toString(shape.getShape());
  }
}

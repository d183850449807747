package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Checks that tensors have the names and shapes of a network's parameters. */
public final class WeightCheck {

  private static final int MOST_NAMED = 5;

  /** The ending of the name of PyTorch's count of batches, which the network does not use. */
  private static final String IGNORED_SUFFIX = ".num_batches_tracked";

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
    List<String> faults = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          TensorInfo found = weights.tensors().get(name);
          if (found == null) {
            faults.add("tensor '" + name + "' " + dimensions(shape) + " is missing");
          } else if (!dimensions(shape).equals(found.shape().toString())) {
            faults.add(
                "tensor '%s' has shape %s where %s is expected"
                    .formatted(name, found.shape(), dimensions(shape)));
          } else if (!found.type().isFloatingPoint()) {
            faults.add("tensor '" + name + "' has dtype " + found.type() + ", not a float");
          }
        });
    weights.tensors().keySet().stream()
        .filter(name -> !expected.containsKey(name) && !name.endsWith(IGNORED_SUFFIX))
        .forEach(name -> faults.add("tensor '" + name + "' belongs to no layer"));
    if (!faults.isEmpty()) {
      int more = faults.size() - MOST_NAMED;
      String named = String.join("; ", faults.subList(0, Math.min(MOST_NAMED, faults.size())));
      throw new WeightsException(
          ("%s does not hold the weights of %s: %s%s. Expected exactly the %d tensors of %s's %s."
                  + " Name a file of that network, or choose another backbone.")
              .formatted(
                  weights.description(),
                  network,
                  named,
                  more > 0 ? "; and " + more + " more faults" : "",
                  expected.size(),
                  program,
                  network),
          "weights",
          "backbone");
    }
  }

  /**
   * Checks that there is a tensor for every parameter of the layers. Other tensors are allowed.
   *
   * @throws WeightsException if a parameter is missing; the message names it
   */
  public static void requireCovered(Network layers, TensorSource weights) {
    for (String name : layers.parameterShapes().keySet()) {
      if (!weights.tensors().containsKey(name)) {
        throw new WeightsException(
            ("%s has no '%s', which is needed: it was saved without its classifier"
                    + " (include_top=False). Choose the head flatten or pool, or a file with the"
                    + " classifier.")
                .formatted(weights.description(), name),
            "head",
            "weights");
      }
    }
  }

  private static String dimensions(Shape shape) {
    return Arrays.toString(shape.getShape());
  }
}

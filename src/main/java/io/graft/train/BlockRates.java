package io.graft.train;

import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Discriminative learning rates: the head has the full learning rate, and each block of layers a
 * fixed fraction of the rate of the block after it.
 *
 * @see <a href="https://arxiv.org/abs/1801.06146">Howard and Ruder, 2018, section 3.2</a>
 */
final class BlockRates {

  private BlockRates() {}

  /**
   * Returns the factor of each parameter's learning rate, by the parameter's name.
   *
   * @param network the trained layers. Layers of one block have the same name up to the first
   *     underscore, such as {@code block5_conv1}. {@code fc1} and {@code fc2} are one block.
   * @param decay the learning rate of a block as a fraction of that of the next block, in (0, 1]
   */
  static Map<String, Double> of(Network network, double decay) {
    List<NamedLayer> backwards = new ArrayList<>(network.layers());
    Collections.reverse(backwards);
    Map<String, Double> factors = new HashMap<>();
    String block = null;
    double factor = 1;
    for (NamedLayer layer : backwards) {
      if (layer.layer().parameterShapes().isEmpty()) {
        continue;
      }
      String of = block(layer.name());
      if (block != null && !of.equals(block)) {
        factor *= decay;
      }
      block = of;
      for (String name : layer.layer().parameterShapes().keySet()) {
        factors.put(layer.path() + "." + name, factor);
      }
    }
    return factors;
  }

  private static String block(String layerName) {
    String first = layerName.split("_", 2)[0];
    return first.startsWith("fc") ? "fc" : first;
  }
}

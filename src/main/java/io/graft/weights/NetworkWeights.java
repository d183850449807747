package io.graft.weights;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.Network;
import io.graft.nn.WeightCheck;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.weights.keras.TensorView;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A file's tensors, checked against a network and presented as torchvision lays them out.
 *
 * <p>This is the only way from a file of another program into a network, and behind it there is one
 * order of features: NCHW. A classifier over features in Keras's NHWC order has its rows put into
 * NCHW order here, and every head that Graft trains or loads is over NCHW features, whichever file
 * the backbone came from. So no head is ever applied to features in another order than its own.
 *
 * @param network the network whose weights these are: the one asked for, or what of it precedes the
 *     classifier if the file has no classifier ({@code include_top=False})
 * @param layout whose layout the file has
 * @param tensors exactly the network's parameters, by torchvision name; closes the file
 */
public record NetworkWeights(Network network, WeightLayout layout, TensorSource tensors) {

  /**
   * Checks names, shapes and types of a file's tensors, without reading their values.
   *
   * @param network the whole network, classifier included
   * @param source the file; closed with the result's tensors, by the caller if this throws
   * @throws WeightsException if the layout is none that is known, or if a tensor is missing, left
   *     over, mis-shaped or not of a floating point type; the message names it
   */
  public static NetworkWeights of(Network network, TensorSource source) {
    WeightLayout layout = WeightLayout.detect(source);
    Map<String, TensorView> views = layout.views(network, source.tensors().keySet());
    Network held = network;
    Network withoutTop = network.prefix(afterLastPooling(network));
    Map<String, TensorView> ofTop = new LinkedHashMap<>(views);
    ofTop.keySet().removeAll(withoutTop.parameterShapes().keySet());
    if (ofTop.values().stream().noneMatch(view -> source.tensors().containsKey(view.source()))) {
      held = withoutTop;
      views.keySet().retainAll(withoutTop.parameterShapes().keySet());
    }
    Map<String, Shape> expected = new LinkedHashMap<>();
    views.values().forEach(view -> expected.put(view.source(), view.sourceShape()));
    WeightCheck.requireExactly(held.name(), layout.program(), expected, source);
    return new NetworkWeights(held, layout, new MappedTensors(views, source));
  }

  private static int afterLastPooling(Network network) {
    int end = network.layers().size();
    for (int i = 0; i < network.layers().size(); i++) {
      if (network.layers().get(i).layer() instanceof Layer.MaxPool2d) {
        end = i + 1;
      }
    }
    return end;
  }
}

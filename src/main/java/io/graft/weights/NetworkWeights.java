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
 * The tensors of a file, checked against a network and presented in torchvision's layouts.
 *
 * <p>In the result, features always have the order NCHW. A classifier of Keras expects NHWC
 * features, so the rows of its first kernel are reordered. Every head then fits the features of
 * every backbone, whatever file the weights come from.
 *
 * @param network the requested network, or its layers before the classifier if the file has no
 *     classifier ({@code include_top=False})
 * @param layout the layout of the file
 * @param tensors exactly the parameters of the network, by torchvision's name; closing this source
 *     closes the file
 */
public record NetworkWeights(Network network, WeightLayout layout, TensorSource tensors) {

  /**
   * Checks the names, shapes and types of a file's tensors, without reading their values.
   *
   * @param network the whole network, classifier included
   * @param source the file, which is closed with the tensors of the result; if this throws, the
   *     caller must close it
   * @throws WeightsException if the layout is unknown, or a tensor is missing, unexpected, of
   *     another shape or not of a floating point type; the message names it
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

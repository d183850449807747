package io.graft.weights;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.WeightCheck;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.weights.keras.TensorView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of a file, checked against a network and presented in torchvision's layouts.
 *
 * <p>In the result, features always have the order NCHW. A classifier of Keras expects NHWC
 * features, so the rows of its first kernel are reordered. Every head then fits the features of
 * every backbone, whatever file the weights come from.
 *
 * <p>The file must have the network's layers up to its last pooling, and no others among them. Of
 * the layers after it, those are used that the file has in the network's shapes, up to the first
 * that it has not.
 *
 * @param network the requested network, or its first layers if the file has no classifier ({@code
 *     include_top=False}) or another one
 * @param layout the layout of the file
 * @param tensors exactly the parameters of the network, by torchvision's name; closing this source
 *     closes the file
 * @param ignored the tensors of the file that belong to no layer of the requested network, or to
 *     one that is not used
 */
public record NetworkWeights(
    Network network, WeightLayout layout, TensorSource tensors, List<TensorInfo> ignored) {

  /** Copies the list. */
  public NetworkWeights {
    ignored = List.copyOf(ignored);
  }

  /**
   * Checks the names, shapes and types of a file's tensors, without reading their values.
   *
   * @param network the whole network, classifier included
   * @param source the file, which is closed with the tensors of the result; if this throws, the
   *     caller must close it
   * @throws WeightsException if the layout is unknown, or a tensor up to the last pooling is
   *     missing, unexpected, of another shape or not of a floating point type; the message names it
   */
  public static NetworkWeights of(Network network, TensorSource source) {
    Map<String, String> inFile = TorchNames.inFile(source);
    WeightLayout layout = WeightLayout.detect(source, inFile.keySet());
    Map<String, TensorInfo> named = new LinkedHashMap<>();
    inFile.forEach((name, original) -> named.put(name, source.tensors().get(original)));
    Map<String, TensorView> views = layout.views(network, named);
    Network convolutions = network.prefix(afterLastPooling(network));
    Set<String> used = sources(convolutions, views);
    List<String> strangers =
        new ArrayList<>(layout.amongConvolutions(convolutions, used, List.copyOf(inFile.keySet())));
    strangers.removeIf(name -> used.contains(name) || WeightCheck.isBookkeeping(name));
    views.replaceAll((name, view) -> view.from(inFile.getOrDefault(view.source(), view.source())));
    Map<String, Shape> expected = new LinkedHashMap<>();
    for (String name : convolutions.parameterShapes().keySet()) {
      expected.put(views.get(name).source(), views.get(name).sourceShape());
    }
    WeightCheck.require(
        network.name(),
        "the %s tensors of %s's %s up to its last pooling, and no others before it"
            .formatted(expected.size(), layout.program(), network.name()),
        expected,
        strangers.stream().map(inFile::get).toList(),
        source);
    Network held = held(network, convolutions, views, source);
    Set<String> kept = sources(held, views);
    List<TensorInfo> ignored =
        source.tensors().values().stream()
            .filter(info -> !kept.contains(info.name()) && !WeightCheck.isBookkeeping(info.name()))
            .toList();
    views.keySet().retainAll(held.parameterShapes().keySet());
    return new NetworkWeights(held, layout, new MappedTensors(views, source), ignored);
  }

  private static Set<String> sources(Network network, Map<String, TensorView> views) {
    Set<String> sources = new LinkedHashSet<>();
    network.parameterShapes().keySet().forEach(name -> sources.add(views.get(name).source()));
    return sources;
  }

  /** Returns the layers up to the first one after the convolutions that the file does not have. */
  private static Network held(
      Network network, Network convolutions, Map<String, TensorView> views, TensorSource source) {
    int end = convolutions.layers().size();
    for (int i = end; i < network.layers().size(); i++) {
      NamedLayer named = network.layers().get(i);
      for (String parameter : named.layer().parameterShapes().keySet()) {
        TensorView view = views.get(named.path() + "." + parameter);
        if (!WeightCheck.holds(source, view.source(), view.sourceShape())) {
          return network.prefix(end);
        }
      }
      // Layers without parameters belong to the layer before them, and none to the last pooling.
      boolean hasParameters = !named.layer().parameterShapes().isEmpty();
      end = hasParameters || end > convolutions.layers().size() ? i + 1 : end;
    }
    return network.prefix(end);
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

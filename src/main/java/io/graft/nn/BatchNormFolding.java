package io.graft.nn;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Folds batch normalisation into the convolution before it, so that inference gives the same result
 * with fewer layers. With s = gamma / sqrt(variance + epsilon), the weight becomes s * weight and
 * the bias becomes s * (bias - mean) + beta, per output channel. Both are computed in float64 and
 * rounded to float32 once.
 *
 * <p>Use it only for frozen layers, because training normalises by the statistics of the batch. A
 * folded layer no longer has a name, so split a network at its freeze boundary first.
 *
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob et al., 2017, section 3.2</a>
 */
public final class BatchNormFolding {

  private BatchNormFolding() {}

  /**
   * A network without the folded normalisations, and its parameters.
   *
   * @param weights the parameters of the network and no other tensors; closing this source closes
   *     the original one
   */
  public record Folded(Network network, TensorSource weights) {}

  /**
   * Folds every {@link Layer.BatchNorm2d} that directly follows a {@link Layer.Conv2d}; other
   * layers are unchanged. Reads the statistics now, and the kernels when they are requested.
   *
   * @param source the tensors, at least the network's parameters. Closing the result's weights
   *     closes it; if this method throws, the caller must close it.
   * @throws WeightsException if a parameter is missing or cannot be read, or if a variance is
   *     negative or NaN
   */
  public static Folded fold(Network network, TensorSource source) {
    WeightCheck.requireCovered(network, source);
    List<NamedLayer> kept = new ArrayList<>();
    Map<String, Affine> affines = new LinkedHashMap<>();
    for (NamedLayer named : network.layers()) {
      NamedLayer before = kept.isEmpty() ? null : kept.get(kept.size() - 1);
      if (named.layer() instanceof Layer.BatchNorm2d norm
          && before != null
          && before.layer() instanceof Layer.Conv2d conv
          && !affines.containsKey(before.path() + ".weight")) {
        Affine affine = Affine.read(before.path(), conv, named.path(), norm, source);
        affines.put(before.path() + ".weight", affine);
        affines.put(before.path() + ".bias", affine);
      } else {
        kept.add(named);
      }
    }
    Network folded = new Network(network.name(), network.inputShape(), kept);
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (String name : folded.parameterShapes().keySet()) {
      TensorInfo info = source.tensors().get(name);
      boolean changed = affines.containsKey(name);
      tensors.put(name, changed ? new TensorInfo(name, TensorType.F32, info.shape()) : info);
    }
    return new Folded(
        folded, new FoldedTensors(affines, source, Collections.unmodifiableMap(tensors)));
  }

  /**
   * The effect of a normalisation on the convolution before it.
   *
   * @param scales the factor for each output channel's kernel
   * @param biases the bias of each output channel after folding
   * @param kernelElements the number of weights of one output channel
   */
  private record Affine(List<Double> scales, List<Float> biases, long kernelElements) {

    static Affine read(
        String convPath,
        Layer.Conv2d conv,
        String normPath,
        Layer.BatchNorm2d norm,
        TensorSource source) {
      FloatBuffer convBias = floats(source, convPath + ".bias");
      FloatBuffer gamma = floats(source, normPath + ".weight");
      FloatBuffer beta = floats(source, normPath + ".bias");
      FloatBuffer mean = floats(source, normPath + ".running_mean");
      FloatBuffer variance = floats(source, normPath + ".running_var");
      List<Double> scales = new ArrayList<>();
      List<Float> biases = new ArrayList<>();
      for (int i = 0; i < conv.outChannels(); i++) {
        if (!(variance.get(i) + (double) norm.epsilon() > 0)) {
          throw new WeightsException(
              ("Tensor '%s.running_var' of %s has %s for channel %d. Expected variances of 0"
                      + " or more. The file is damaged, or its training diverged.")
                  .formatted(normPath, source.description(), variance.get(i), i));
        }
        double scale = gamma.get(i) / Math.sqrt(variance.get(i) + (double) norm.epsilon());
        scales.add(scale);
        biases.add((float) (scale * ((double) convBias.get(i) - mean.get(i)) + beta.get(i)));
      }
      long kernelElements = (long) conv.inChannels() * conv.kernelSize() * conv.kernelSize();
      return new Affine(scales, biases, kernelElements);
    }

    private static FloatBuffer floats(TensorSource source, String name) {
      return source.readFloat32(name).asFloatBuffer();
    }
  }

  /**
   * The folded network's parameters, computed from the original ones.
   *
   * @param affines the effects of the normalisations, by the names of the weights and biases that
   *     they change
   */
  private record FoldedTensors(
      Map<String, Affine> affines, TensorSource source, Map<String, TensorInfo> tensors)
      implements TensorSource {

    @Override
    public void readFloat32(String name, long firstElement, ByteBuffer destination) {
      if (!tensors.containsKey(name)) {
        throw new WeightsException("No tensor '" + name + "' in " + description() + ".");
      }
      Affine affine = affines.get(name);
      if (affine != null && name.endsWith(".bias")) {
        int first = Math.toIntExact(firstElement);
        int count = destination.remaining() / Float.BYTES;
        destination.order(ByteOrder.LITTLE_ENDIAN);
        affine.biases.subList(first, first + count).forEach(destination::putFloat);
        return;
      }
      int start = destination.position();
      source.readFloat32(name, firstElement, destination);
      if (affine != null) {
        scale(affine, firstElement, destination.order(ByteOrder.LITTLE_ENDIAN), start);
      }
    }

    private static void scale(Affine affine, long firstElement, ByteBuffer values, int start) {
      for (int at = start; at < values.limit(); at += Float.BYTES) {
        long element = firstElement + (at - start) / Float.BYTES;
        double scale = affine.scales.get((int) (element / affine.kernelElements));
        values.putFloat(at, (float) (scale * values.getFloat(at)));
      }
    }

    @Override
    public String description() {
      return source.description();
    }

    @Override
    public void close() {
      source.close();
    }
  }
}

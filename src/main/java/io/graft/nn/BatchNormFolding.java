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
 * Folding of batch normalisation into the convolution before it, which gives the same inference
 * from fewer layers: with s = gamma / sqrt(variance + epsilon), the weight becomes s weight and the
 * bias s (bias - mean) + beta, per output channel. Computed in float64 and rounded to float32 once.
 *
 * <p>Only for frozen layers: in training, normalisation takes the statistics of the batch. Names of
 * layers that are folded away are gone, so a network is cut at its boundary before it is folded.
 *
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob et al., 2017, section 3.2</a>
 */
public final class BatchNormFolding {

  private BatchNormFolding() {}

  /**
   * A network without the normalisations that were folded away, and its parameters.
   *
   * @param network what computes the same inference with fewer layers
   * @param weights exactly that network's parameters; closes the source that was folded
   */
  public record Folded(Network network, TensorSource weights) {}

  /**
   * Folds every {@link Layer.BatchNorm2d} that directly follows a {@link Layer.Conv2d}; other
   * layers stay as they are. Reads the statistics at once, and the kernels as they are asked for.
   *
   * @param source holds the network's parameters, perhaps among others; closed with the result's
   *     weights, by the caller if this throws
   * @throws WeightsException if a parameter is missing or cannot be read, or if a variance is
   *     negative or not a number
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
          && !affines.containsKey(before.path())) {
        affines.put(before.path(), Affine.read(before.path(), conv, named.path(), norm, source));
      } else {
        kept.add(named);
      }
    }
    Network folded = new Network(network.name(), network.inputShape(), kept);
    return new Folded(folded, new FoldedTensors(folded, affines, source));
  }

  /** What a normalisation does to the convolution before it. */
  private static final class Affine {

    /** What each output channel's kernel is multiplied by. */
    private final double[] scale;

    /** Each output channel's bias behind folding. */
    private final float[] bias;

    /** How many weights one output channel has. */
    private final long kernelElements;

    Affine(double[] scale, float[] bias, long kernelElements) {
      this.scale = scale;
      this.bias = bias;
      this.kernelElements = kernelElements;
    }

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
      double[] scale = new double[conv.outChannels()];
      float[] bias = new float[conv.outChannels()];
      for (int i = 0; i < scale.length; i++) {
        if (!(variance.get(i) + (double) norm.epsilon() > 0)) {
          throw new WeightsException(
              "Tensor '"
                  + normPath
                  + ".running_var' of "
                  + source.description()
                  + " has "
                  + variance.get(i)
                  + " for channel "
                  + i
                  + ". Expected variances of 0 or more; the file is damaged or was not trained to"
                  + " an end.");
        }
        scale[i] = gamma.get(i) / Math.sqrt(variance.get(i) + (double) norm.epsilon());
        bias[i] = (float) (scale[i] * ((double) convBias.get(i) - mean.get(i)) + beta.get(i));
      }
      long kernelElements = (long) conv.inChannels() * conv.kernelSize() * conv.kernelSize();
      return new Affine(scale, bias, kernelElements);
    }

    private static FloatBuffer floats(TensorSource source, String name) {
      return source.readFloat32(name).asFloatBuffer();
    }
  }

  /** The folded network's parameters, over those of the network as it was. */
  private static final class FoldedTensors implements TensorSource {

    private static final String WEIGHT = ".weight";
    private static final String BIAS = ".bias";

    private final Map<String, Affine> affines;
    private final TensorSource source;
    private final Map<String, TensorInfo> tensors;

    FoldedTensors(Network network, Map<String, Affine> affines, TensorSource source) {
      this.affines = affines;
      this.source = source;
      Map<String, TensorInfo> infos = new LinkedHashMap<>();
      for (String name : network.parameterShapes().keySet()) {
        TensorInfo info = source.tensors().get(name);
        infos.put(
            name,
            affine(name, WEIGHT) == null && affine(name, BIAS) == null
                ? info
                : new TensorInfo(name, TensorType.F32, info.shape()));
      }
      this.tensors = Collections.unmodifiableMap(infos);
    }

    private Affine affine(String name, String suffix) {
      return name.endsWith(suffix)
          ? affines.get(name.substring(0, name.length() - suffix.length()))
          : null;
    }

    @Override
    public Map<String, TensorInfo> tensors() {
      return tensors;
    }

    @Override
    public void readFloat32(String name, long firstElement, ByteBuffer destination) {
      if (!tensors.containsKey(name)) {
        throw new WeightsException("No tensor '" + name + "' in " + description() + ".");
      }
      Affine ofBias = affine(name, BIAS);
      if (ofBias != null) {
        int first = Math.toIntExact(firstElement);
        int count = destination.remaining() / Float.BYTES;
        destination.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(ofBias.bias, first, count);
        destination.position(destination.limit());
        return;
      }
      int start = destination.position();
      source.readFloat32(name, firstElement, destination);
      Affine ofWeight = affine(name, WEIGHT);
      if (ofWeight != null) {
        scale(ofWeight, firstElement, destination.order(ByteOrder.LITTLE_ENDIAN), start);
      }
    }

    private static void scale(Affine affine, long firstElement, ByteBuffer values, int start) {
      for (int at = start; at < values.limit(); at += Float.BYTES) {
        long element = firstElement + (at - start) / Float.BYTES;
        double scale = affine.scale[(int) (element / affine.kernelElements)];
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

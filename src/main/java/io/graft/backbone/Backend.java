package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Computes the frozen layers on one device. On a GPU several threads may call it at once. The GPU
 * then copies one batch while it computes another.
 */
interface Backend {

  /** Computes the features of a batch on the device; see {@link FrozenLayers#forward}. */
  NDArray forward(NDManager owner, ByteBuffer pixels, int rows);

  /** Computes the features of a batch in host memory; see {@link FrozenLayers#features}. */
  FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type);

  /**
   * Returns the largest output of each convolution over a batch, after its rectifier if it has one.
   * The list has the convolutions that int8 can compute, in the network's order.
   *
   * @throws UnsupportedPrecisionException if int8 can compute no convolution
   */
  List<Float> largestActivations(ByteBuffer pixels, int rows);

  /**
   * Returns a SHA-256 that depends on every bit of the current parameters, in the form that the
   * backend uses.
   */
  String parameterDigest();
}

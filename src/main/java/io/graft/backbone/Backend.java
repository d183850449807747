package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Computes the frozen layers on one device. On a GPU several threads may use it at once, so that
 * one batch is copied while another is computed.
 */
interface Backend {

  /** Computes a batch as {@link FrozenLayers#forward}. */
  NDArray forward(NDManager owner, ByteBuffer pixels, int rows);

  /** Computes a batch as {@link FrozenLayers#features}. */
  FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type);

  /**
   * Returns the largest output of each convolution with its rectifier over a batch. Covers the
   * convolutions that int8 can compute, in order.
   *
   * @throws UnsupportedPrecisionException if int8 can compute none
   */
  List<Float> largestActivations(ByteBuffer pixels, int rows);

  /** Returns the SHA-256 of the present values of the parameters that it computes with. */
  String parameterDigest();
}

package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What computes the frozen layers on one device. On a GPU several threads may use it at once, so
 * that one batch is copied while another is computed.
 */
interface Backend {

  /** Runs a batch; the contract is {@link FrozenLayers#forward}'s. */
  NDArray forward(NDManager owner, ByteBuffer pixels, int rows);

  /** Runs a batch; the contract is {@link FrozenLayers#features}'s. */
  FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type);

  /**
   * The largest value that each convolution, with its rectifier, gives for any image of a batch; of
   * the convolutions that can be computed in eight bits, in order.
   *
   * @throws io.graft.runtime.UnsupportedPrecisionException if there is none
   */
  List<Float> largestActivations(ByteBuffer pixels, int rows);

  /** The SHA-256 of the parameters that it computes with, in their present values. */
  String parameterDigest();
}

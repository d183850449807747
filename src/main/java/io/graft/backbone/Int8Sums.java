package io.graft.backbone;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;

/**
 * Checks whether oneDNN's int8 convolutions are exact on this CPU. On a CPU with VNNI or AMX,
 * oneDNN adds products in 32 bits. On other CPUs it adds pairs of products in 16 bits, and sums
 * above 32,767 are clipped.
 *
 * @see <a href="https://uxlfoundation.github.io/oneDNN/dev_guide_int8_computations.html">oneDNN's
 *     guide to int8</a>
 */
final class Int8Sums {

  private static final String CLASS = "Int8Sums";

  /** A 3 x 3 convolution of 64 channels, in which every product is the largest, 255 x 127. */
  private static final String BODY =
      """
          x = torch.full([1, 64, 3, 3], 255, dtype=0)
          w = torch.full([64, 64, 3, 3], 127, dtype=1)
          ones = torch.ones([64], dtype=6)
          zeros = torch.zeros([64], dtype=3)
          packed = ops.onednn.qconv_prepack(w, ones, 1.0, 0, [1, 1], [0, 0], [1, 1], 1, None)
          y = ops.onednn.qconv2d_pointwise(x, 1.0, 0, packed, ones, zeros, None, [1, 1], [0, 0], [1, 1], 1, 1.0, 0, 6, "none", %s, None)
          return torch.eq(torch.amin(y), %d)
      """
          .formatted(ScriptText.NO_SCALARS, 64 * 3 * 3 * 255 * 127);

  private Int8Sums() {}

  /** Returns whether libtorch has the operator and computes a convolution exactly with it. */
  static boolean areExact(NDManager manager) {
    String method = ScriptText.method(CLASS, "exact", "", "Tensor", BODY);
    try (NDManager scratch = manager.newSubManager()) {
      TorchScriptModule module = TorchScriptModule.ofMethods(CLASS, method, scratch);
      return module.call("exact", scratch).getBoolean();
    } catch (EngineException e) {
      return false;
    }
  }
}

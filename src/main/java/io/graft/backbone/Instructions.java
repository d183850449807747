package io.graft.backbone;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.graft.nn.Precision;
import io.graft.runtime.TorchThreads;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Finds out whether this CPU has instructions for a reduced precision, by computing one small
 * convolution. Without them oneDNN emulates the precision, which is several times slower than fp32.
 * Names of instruction sets would not say so: they differ between operating systems and processors,
 * and oneDNN does not use all of them.
 */
final class Instructions {

  private static final String CLASS = "Instructions";

  /** How often the convolution is computed for one measurement, and how often it is measured. */
  private static final int REPETITIONS = 3;

  private static final int MEASUREMENTS = 2;

  /** A convolution of 64 channels, in which every product of int8 is the largest, 255 x 127. */
  private static final String INT8 =
      """
          x = torch.full([1, 64, size, size], 255, dtype=0)
          w = torch.full([64, 64, 3, 3], 127, dtype=1)
          ones = torch.ones([64], dtype=6)
          zeros = torch.zeros([64], dtype=3)
          packed = ops.onednn.qconv_prepack(w, ones, 1.0, 0, [1, 1], [0, 0], [1, 1], 1, None)
          y = x
          for i in range(count):
            y = ops.onednn.qconv2d_pointwise(x, 1.0, 0, packed, ones, zeros, None, [1, 1], [0, 0], [1, 1], 1, 1.0, 0, 6, "none", %s, None)
          return torch.eq(torch.amin(y), %d)
      """
          .formatted(ScriptText.NO_SCALARS, 64 * 3 * 3 * 255 * 127);

  /** The same convolution in an element type, in the layout that the frozen layers use. */
  private static final String FLOAT =
      """
          x = torch.permute(torch.full([1, size, size, 64], 0.5, dtype=%1$d), [0, 3, 1, 2])
          w = torch.full([64, 64, 3, 3], 0.25, dtype=%1$d)
          packed = ops.mkldnn._reorder_convolution_weight(w, [0, 0], [1, 1], [1, 1], 1, [1, 64, size, size])
          y = x
          for i in range(count):
            y = ops.mkldnn._convolution_pointwise(x, packed, None, [0, 0], [1, 1], [1, 1], 1, "none", %2$s, None)
          return torch.gt(torch.amin(y), 0)
      """;

  private Instructions() {}

  /**
   * Returns why a precision is not worth measuring on this CPU, as the end of a sentence; empty if
   * it is, or if libtorch lacks its convolution, which loading the layers reports.
   *
   * @param clock the clock of the calling thread, in nanoseconds
   */
  static Optional<String> unfit(Precision precision, NDManager manager, LongSupplier clock) {
    if (precision != Precision.INT8 && precision != Precision.BF16) {
      return Optional.empty();
    }
    try {
      if (precision == Precision.INT8 && !int8IsExact(manager)) {
        return Optional.of(
            "this CPU has neither VNNI nor AMX: it would add products in 16 bits, which overflow.");
      }
      double reduced = nanos(precision, manager, clock);
      double exact = nanos(Precision.FP32, manager, clock);
      // A clock that stood still during a convolution is too coarse to show anything.
      return reduced > exact && exact > 0 ? Optional.of(slower(reduced / exact)) : Optional.empty();
    } catch (EngineException e) {
      return Optional.empty();
    }
  }

  private static String slower(double times) {
    return String.format(
        Locale.ROOT,
        "this CPU lacks fast instructions for it: one convolution takes %.1f times as long as in"
            + " fp32.",
        times);
  }

  /**
   * Returns whether oneDNN's int8 convolutions are exact on this CPU. On a CPU with VNNI or AMX,
   * oneDNN adds products in 32 bits. On other CPUs it adds pairs of products in 16 bits, and sums
   * above 32,767 are clipped.
   *
   * @throws EngineException if libtorch lacks the operator
   * @see <a href="https://uxlfoundation.github.io/oneDNN/dev_guide_int8_computations.html">oneDNN's
   *     guide to int8</a>
   */
  static boolean int8IsExact(NDManager manager) {
    try (NDManager scratch = manager.newSubManager()) {
      return module(Precision.INT8, scratch).call("convolve", scratch, 3, 1).getBoolean();
    }
  }

  /** Returns how long the convolution takes on one thread. */
  private static long nanos(Precision precision, NDManager manager, LongSupplier clock) {
    try (NDManager scratch = manager.newSubManager()) {
      TorchScriptModule module = module(precision, scratch);
      return TorchThreads.with(
          1,
          () -> {
            module.call("convolve", scratch, 56, 1);
            long least = Long.MAX_VALUE;
            for (int i = 0; i < MEASUREMENTS; i++) {
              long start = clock.getAsLong();
              module.call("convolve", scratch, 56, REPETITIONS);
              least = Math.min(least, clock.getAsLong() - start);
            }
            return least;
          });
    }
  }

  private static TorchScriptModule module(Precision precision, NDManager manager) {
    int type = precision == Precision.BF16 ? ScriptText.BFLOAT16 : ScriptText.FLOAT32;
    String body = precision == Precision.INT8 ? INT8 : FLOAT.formatted(type, ScriptText.NO_SCALARS);
    String method = ScriptText.method(CLASS, "convolve", "size: int, count: int", "Tensor", body);
    return TorchScriptModule.ofMethods(CLASS, method, manager);
  }
}

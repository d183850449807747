package io.graft.weights.pytorch;

import java.util.Set;

/**
 * The functions and classes that programs call for the settings, times and random states that they
 * store beside the weights. Graft does not call them: their results are not weights, so nothing of
 * them is kept.
 */
final class PassedOver {

  private static final Set<String> NAMES =
      Set.of(
          "_codecs.encode",
          "builtins.bytearray",
          "builtins.complex",
          "builtins.frozenset",
          "builtins.range",
          "builtins.set",
          "builtins.slice",
          "collections.Counter",
          "collections.deque",
          "copyreg._reconstructor",
          "datetime.date",
          "datetime.datetime",
          "datetime.time",
          "datetime.timedelta",
          "datetime.timezone",
          "decimal.Decimal",
          "functools.partial",
          "numpy._core.multiarray._reconstruct",
          "numpy._core.multiarray.scalar",
          "numpy._core.numeric._frombuffer",
          "numpy.core.multiarray._reconstruct",
          "numpy.core.multiarray.scalar",
          "numpy.core.numeric._frombuffer",
          "numpy.dtype",
          "numpy.random._pickle.__bit_generator_ctor",
          "numpy.random._pickle.__generator_ctor",
          "numpy.random._pickle.__randomstate_ctor",
          "pathlib.Path",
          "pathlib.PosixPath",
          "pathlib.PurePosixPath",
          "pathlib.WindowsPath",
          "pathlib._local.PosixPath",
          "pathlib._local.WindowsPath",
          "torch.Size",
          "torch.device");

  private PassedOver() {}

  static boolean contains(String global) {
    return NAMES.contains(global);
  }
}

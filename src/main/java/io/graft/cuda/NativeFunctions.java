package io.graft.cuda;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The functions of a native library that return a status, which is 0 after success.
 *
 * @param library the library
 * @param describe a function that describes a status
 */
record NativeFunctions(NativeLibrary library, IntFunction<String> describe) {

  /** A flag of dlopen(3): other libraries do not see the symbols of this one. */
  private static final int RTLD_LAZY = 1;

  /**
   * Loads a library.
   *
   * @param file the library's path, or a name that the dynamic linker knows
   * @throws UnsatisfiedLinkError if there is none
   */
  static NativeLibrary load(String file) {
    return NativeLibrary.getInstance(file, Map.of(Library.OPTION_OPEN_FLAGS, RTLD_LAZY));
  }

  /** Calls a function and returns its status. */
  int status(String function, Object... arguments) {
    return library.getFunction(function).invokeInt(arguments);
  }

  /**
   * Calls a function.
   *
   * @throws KernelException if the status is not 0
   */
  void call(String function, Object... arguments) {
    int status = status(function, arguments);
    if (status != 0) {
      throw new KernelException(
          "%s of %s failed: %s.".formatted(function, library.getName(), describe.apply(status)));
    }
  }
}

package io.graft.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntBinaryOperator;

/**
 * Makes the C library reuse memory that libtorch frees. By default, GNU libc gets new, zeroed pages
 * from the kernel for every large array. It returns the pages when the array is freed. This takes
 * 10 % of the time of the frozen layers.
 *
 * @param reusesPages whether large arrays reuse memory that was freed
 * @param description a text for people: what was done, or why nothing was done
 */
record NativeAllocator(boolean reusesPages, String description) {

  /**
   * The heap size of glibc's secondary arenas (HEAP_MAX_SIZE in malloc/arena.c, on 64-bit
   * machines). An array that is larger than a heap is always mapped separately.
   */
  static final int GLIBC_HEAP_BYTES = 64 << 20;

  /**
   * A setting of mallopt(3).
   *
   * @param parameter the number of the setting in glibc's malloc.h
   * @param variable the environment variable for the same setting
   * @param tunable the name of the setting in {@code GLIBC_TUNABLES}
   */
  private record Setting(int parameter, int value, String variable, String tunable) {
    boolean isSetIn(HostEnvironment host) {
      String tunables = host.variable("GLIBC_TUNABLES");
      return host.variable(variable) != null
          || (tunables != null && tunables.contains("glibc.malloc." + tunable + "="));
    }
  }

  private static final List<Setting> SETTINGS =
      List.of(
          // M_MMAP_MAX: arrays come from the arenas, not from separate mappings.
          new Setting(-4, 0, "MALLOC_MMAP_MAX_", "mmap_max"),
          // M_TRIM_THRESHOLD: the first arena keeps up to 2 GiB of free memory at its end.
          new Setting(-1, Integer.MAX_VALUE, "MALLOC_TRIM_THRESHOLD_", "trim_threshold"),
          // M_TOP_PAD: the other arenas keep one heap. They ignore the trim threshold.
          new Setting(-2, GLIBC_HEAP_BYTES, "MALLOC_TOP_PAD_", "top_pad"));

  /**
   * Applies the settings that the user's environment does not have. Call it before libtorch
   * allocates memory. Never throws.
   */
  static NativeAllocator tune(HostEnvironment host) {
    if (host.os() != HostEnvironment.Os.LINUX) {
      return leftAlone("not on this operating system");
    }
    try {
      NativeLibrary process = NativeLibrary.getProcess();
      process.getFunction("gnu_get_libc_version");
      Function mallopt = process.getFunction("mallopt");
      return tune(host, (parameter, value) -> mallopt.invokeInt(new Object[] {parameter, value}));
    } catch (UnsatisfiedLinkError e) {
      return leftAlone("the C library is not GNU libc");
    } catch (LinkageError e) {
      return leftAlone("JNA, which would set it, cannot load: " + e);
    }
  }

  /** Applies the settings with {@code mallopt}, which returns 1 if it accepts a value. */
  static NativeAllocator tune(HostEnvironment host, IntBinaryOperator mallopt) {
    List<String> applied = new ArrayList<>();
    for (Setting setting : SETTINGS) {
      if (setting.isSetIn(host)) {
        applied.add(setting.tunable + " as the environment has it");
      } else if (mallopt.applyAsInt(setting.parameter, setting.value) == 1) {
        applied.add(setting.tunable + " " + setting.value);
      } else {
        return leftAlone("mallopt refuses " + setting.tunable + " " + setting.value);
      }
    }
    return new NativeAllocator(
        true, "GNU libc uses freed pages again: " + String.join(", ", applied));
  }

  private static NativeAllocator leftAlone(String reason) {
    return new NativeAllocator(false, "the C library's allocator is left as it is: " + reason);
  }
}

package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Reads the setting back with libtorch's own getters, which exist without a GPU, too. */
class TensorFloat32Test {

  /**
   * The getters for convolutions and for matrix products. In newer versions of libtorch, the first
   * has another name and takes an optional operator, which is absent if its number is 0.
   */
  private static final List<String> GETTERS =
      List.of(
          "_ZNK2at7Context14allowTF32CuDNNEv",
          "_ZNK2at7Context14allowTF32CuDNNESt8optionalINS_9Float32OpEE",
          "_ZNK2at7Context15allowTF32CuBLASEv");

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void isAllowedOnlyWhereItWasAskedFor() {
    TorchRuntime.load();
    assertThat(allowed()).containsExactly(false, false);
    try (TensorFloat32 allowed = TensorFloat32.allow()) {
      assertThat(allowed()).containsExactly(true, true);
    }
    assertThat(allowed()).containsExactly(false, false);
  }

  private static List<Boolean> allowed() {
    NativeLibrary torch = TorchThreads.library(HostEnvironment.current());
    Pointer context = torch.getFunction("_ZN2at13globalContextEv").invokePointer(new Object[0]);
    return GETTERS.stream().flatMap(getter -> call(torch, getter, context)).toList();
  }

  private static Stream<Boolean> call(NativeLibrary torch, String getter, Pointer context) {
    try {
      // C++ returns a bool in the lowest byte.
      int value = torch.getFunction(getter).invokeInt(new Object[] {context, 0L});
      return Stream.of((value & 0xFF) != 0);
    } catch (UnsatisfiedLinkError e) {
      return Stream.empty();
    }
  }
}

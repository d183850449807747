package io.graft.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Optional;

/**
 * Sets whether libtorch may round the factors of float32 products to TensorFloat-32 on a GPU. By
 * itself, libtorch allows it in convolutions. Graft allows it only where it was asked for. Closing
 * forbids it again. DJL and TorchScript have no such setting, so this calls libtorch's C++
 * functions by their names in its library.
 */
public final class TensorFloat32 implements AutoCloseable {

  /** The functions of at::Context; empty if this libtorch exports none of these names. */
  private static final Optional<Context> CONTEXT = find(HostEnvironment.current());

  /**
   * libtorch's global context.
   *
   * @param setters the setters for convolutions and for matrix products, whose names are the same
   *     in all versions, unlike those of the getters
   */
  private record Context(Pointer object, List<Function> setters) {

    void allow(boolean allowed) {
      setters.forEach(setter -> setter.invokeVoid(new Object[] {object, allowed ? 1 : 0}));
    }
  }

  private TensorFloat32() {}

  /** Allows TensorFloat-32 until the result is closed. The engine must be loaded. */
  public static TensorFloat32 allow() {
    CONTEXT.ifPresent(context -> context.allow(true));
    return new TensorFloat32();
  }

  /** Forbids TensorFloat-32. The engine must be loaded. */
  static void forbid() {
    CONTEXT.ifPresent(context -> context.allow(false));
  }

  private static Optional<Context> find(HostEnvironment host) {
    try {
      NativeLibrary torch = TorchThreads.library(host);
      return Optional.of(
          new Context(
              torch.getFunction("_ZN2at13globalContextEv").invokePointer(new Object[0]),
              List.of(
                  torch.getFunction("_ZN2at7Context17setAllowTF32CuDNNEb"),
                  torch.getFunction("_ZN2at7Context18setAllowTF32CuBLASEb"))));
    } catch (LinkageError e) {
      // A libtorch of Microsoft's compiler has other names, and Graft uses no GPU with it.
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    forbid();
  }
}

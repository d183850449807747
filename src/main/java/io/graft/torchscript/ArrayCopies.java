package io.graft.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * Copies values between arrays, bit by bit and on their device. DJL's own copy prints a warning of
 * libtorch's once per process.
 */
public final class ArrayCopies {

  private static final String SOURCE =
      """
        def copy(self: __torch__.ArrayCopies,
          sources: List[Tensor], targets: List[Tensor]) -> NoneType:
          for i in range(torch.len(targets)):
            _0 = torch.copy_(targets[i], sources[i])
          return None
      """;

  private final TorchScriptModule module;

  /**
   * Copies arrays of a manager's device.
   *
   * @param manager owns what this needs
   */
  public ArrayCopies(NDManager manager) {
    this.module = TorchScriptModule.ofMethods("ArrayCopies", SOURCE, manager);
  }

  /** Gives each target the values of the source at its place. */
  public void copy(List<NDArray> sources, List<NDArray> targets) {
    try (GradientMode changing = GradientMode.off()) {
      module.run("copy", sources, targets);
    }
  }
}

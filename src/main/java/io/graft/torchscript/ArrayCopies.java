package io.graft.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * Copies values between arrays on their device, bit by bit. It replaces DJL's own copy, which makes
 * libtorch print a warning once per process.
 */
public final class ArrayCopies {

  private static final String SOURCE =
      """
        def copy(self: __torch__.ArrayCopies,
          sources: List[Tensor], targets: List[Tensor]) -> NoneType:
          for i in range(torch.len(targets)):
            _0 = torch.copy_(targets[i], sources[i])
          return None
        def copy_unless(self: __torch__.ArrayCopies,
          condition: Tensor, sources: List[Tensor], targets: List[Tensor]) -> NoneType:
          keeps = torch.ne(condition, 0)
          for i in range(torch.len(targets)):
            _0 = torch.copy_(targets[i], torch.where(keeps, targets[i], sources[i]))
          return None
      """;

  private final TorchScriptModule module;

  /**
   * Prepares to copy arrays on a manager's device.
   *
   * @param manager the manager that owns the module that copies
   */
  public ArrayCopies(NDManager manager) {
    this.module = TorchScriptModule.ofMethods("ArrayCopies", SOURCE, manager);
  }

  /** Copies each source to the target with the same index. */
  public void copy(List<NDArray> sources, List<NDArray> targets) {
    try (GradientMode changing = GradientMode.off()) {
      module.run("copy", sources, targets);
    }
  }

  /**
   * Copies each source to the target with the same index, unless a condition holds. The condition
   * stays on its device, so this method does not wait for it.
   *
   * @param condition a single number, which is 0 if the condition does not hold
   */
  public void copyUnless(NDArray condition, List<NDArray> sources, List<NDArray> targets) {
    try (GradientMode changing = GradientMode.off()) {
      module.run("copy_unless", condition, sources, targets);
    }
  }
}

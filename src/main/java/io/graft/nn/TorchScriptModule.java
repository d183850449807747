package io.graft.nn;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;

/**
 * A TorchScript module that libtorch has loaded, for inference. Its manager owns it. Not safe for
 * use by several threads at once.
 */
public final class TorchScriptModule {

  private static final String[] NO_EXTRA_FILES = {};

  private final PtSymbolBlock block;

  private TorchScriptModule(PtSymbolBlock block) {
    this.block = block;
  }

  /**
   * Loads an archive.
   *
   * @param archive not used after this returns
   * @param manager owns the module and places it on its device
   * @throws EngineException if libtorch cannot read it, lacks an operator that it names, or fails
   *     in its {@code __setstate__}
   */
  public static TorchScriptModule load(Path archive, NDManager manager) {
    PtSymbolBlock block =
        JniUtils.loadModule(
            (PtNDManager) manager,
            archive,
            manager.getDevice().isGpu(),
            NO_EXTRA_FILES,
            NO_EXTRA_FILES.clone(),
            false);
    JniUtils.enableInferenceMode(block);
    return new TorchScriptModule(block);
  }

  /** How many threads libtorch uses within one operator called from this thread. */
  public static int threads() {
    return JniUtils.getNumThreads();
  }

  /**
   * Calls {@code forward}.
   *
   * @param threads of libtorch within one operator
   * @return owned by the input's manager
   */
  public NDArray forward(NDArray input, int threads) {
    int before = JniUtils.getNumThreads();
    if (threads != before) {
      JniUtils.setNumThreads(threads);
    }
    try {
      return call("forward", input);
    } finally {
      if (threads != before) {
        JniUtils.setNumThreads(before);
      }
    }
  }

  /** Calls a method that takes one tensor and gives one, owned by the input's manager. */
  public NDArray call(String method, NDArray input) {
    try (IValue value = IValue.from((PtNDArray) input)) {
      return call(method, input.getManager(), value);
    }
  }

  /**
   * Calls a method that takes one whole number and gives one tensor.
   *
   * @param owner owns the result
   */
  public NDArray call(String method, NDManager owner, long argument) {
    try (IValue value = IValue.from(argument)) {
      return call(method, owner, value);
    }
  }

  private NDArray call(String method, NDManager owner, IValue argument) {
    // Both settings are the calling thread's. Specialising a graph takes several slow runs and
    // finds nothing in a chain of fused operators.
    JniUtils.setGraphExecutorOptimize(false);
    try (IValue result = IValueUtils.runMethod(block, method, argument)) {
      return result.toTensor((PtNDManager) owner);
    }
  }
}

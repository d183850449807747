package io.graft.torchscript;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.graft.runtime.NativeCalls;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A loaded TorchScript module, owned by its manager. Several threads may call a method at once if
 * that method changes nothing in the module.
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
   * @param archive the path of the archive, which is not used after this method returns
   * @param manager the manager that owns the module and places it on its device
   * @throws EngineException if libtorch cannot read the archive or lacks one of its operators, or
   *     if {@code __setstate__} fails
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

  /**
   * Loads a module without tensors.
   *
   * @param className the name of the module's class
   * @param methods the source text of the methods, as {@link ScriptText#method} writes it
   * @param manager the manager that owns the module and places it on its device
   * @throws EngineException as {@link #load}
   * @throws OutputException if the temporary folder cannot be written
   */
  public static TorchScriptModule ofMethods(String className, String methods, NDManager manager) {
    String source = ScriptText.statelessClass(className, methods);
    return of(archive -> archive.finish(className, source, List.of(false)), manager);
  }

  /** Writes the content of an archive. */
  @FunctionalInterface
  public interface Writer {
    /** Adds the whole content and completes the archive. */
    void write(TorchScriptArchive archive) throws IOException;
  }

  /**
   * Loads a module from an archive that this method writes to a temporary file.
   *
   * @param manager the manager that owns the module and places it on its device
   * @throws EngineException as {@link #load}
   * @throws OutputException if the temporary folder cannot be written
   */
  public static TorchScriptModule of(Writer content, NDManager manager) {
    try {
      Path file = Files.createTempFile("graft-module-", ".pt");
      try {
        try (TorchScriptArchive archive = TorchScriptArchive.create(file)) {
          content.write(archive);
        }
        return load(file, manager);
      } finally {
        if (!file.toFile().delete()) {
          // Windows does not delete a file that is still open, so Java tries again when it exits.
          file.toFile().deleteOnExit();
        }
      }
    } catch (IOException e) {
      throw OutputException.ofTemporaryFolder(e);
    }
  }

  /** Calls a method that takes and returns one tensor; the input's manager owns the result. */
  public NDArray call(String method, NDArray input) {
    return call(method, input.getManager(), input);
  }

  /**
   * Calls a method that returns one tensor.
   *
   * @param owner the manager that owns the result
   * @param arguments the arguments: each an {@link NDArray}, an integer, a {@code Double}, a {@code
   *     Boolean}, or a list of arrays or of {@code Double}s
   */
  public NDArray call(String method, NDManager owner, Object... arguments) {
    try (IValue result = invoke(method, arguments)) {
      return result.toTensor((PtNDManager) owner);
    }
  }

  /**
   * Calls a method that returns a list of tensors; see {@link #call(String, NDManager, Object...)}.
   */
  public NDList callAll(String method, NDManager owner, Object... arguments) {
    try (IValue result = invoke(method, arguments)) {
      return new NDList(result.toTensorArray((PtNDManager) owner));
    }
  }

  /** Calls a method that returns nothing; see {@link #call(String, NDManager, Object...)}. */
  public void run(String method, Object... arguments) {
    invoke(method, arguments).close();
  }

  /**
   * Calls {@code forward}, in which recording for gradients is on at the beginning. The other
   * methods of this class never record.
   *
   * @param owner the manager that owns the result
   * @param arguments the arguments: each an {@link NDArray} or a list of at least one array. An
   *     array may occur in one list only. DJL tells lists by the names of their arrays, so this
   *     method changes those names.
   * @return the tensor that the method returns
   */
  public NDArray record(NDManager owner, Object... arguments) {
    NDList inputs = new NDList();
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof NDArray array) {
        array.setName(null);
        inputs.add(array);
      } else {
        for (Object element : (List<?>) arguments[i]) {
          NDArray array = (NDArray) element;
          array.setName("list" + i + "[]");
          inputs.add(array);
        }
      }
    }
    JniUtils.setGraphExecutorOptimize(false);
    try (GradientMode recording = GradientMode.on()) {
      NDArray result =
          NativeCalls.run(() -> IValueUtils.forward(block, inputs, true)).singletonOrThrow();
      result.attach(owner);
      return result;
    }
  }

  private IValue invoke(String method, Object... arguments) {
    // Turns off the optimiser for the calling thread. Optimising a graph takes several slow runs,
    // and a chain of fused operators does not become faster.
    JniUtils.setGraphExecutorOptimize(false);
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = value(arguments[i]);
      }
      return NativeCalls.run(() -> IValueUtils.runMethod(block, method, values));
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof NDArray array) {
      return IValue.from((PtNDArray) array);
    } else if (argument instanceof Boolean flag) {
      return IValue.from(flag);
    } else if (argument instanceof Long || argument instanceof Integer) {
      return IValue.from(((Number) argument).longValue());
    } else if (argument instanceof List<?> list) {
      return list.stream().allMatch(Double.class::isInstance)
          ? IValue.listFrom(list.stream().mapToDouble(Double.class::cast).toArray())
          : IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
    }
    return IValue.from((double) argument);
  }
}

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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;

/**
 * A loaded TorchScript module, owned by its manager. Several threads may call a method at once if
 * that method changes nothing in the module.
 */
public final class TorchScriptModule {

  private final PtSymbolBlock block;

  private TorchScriptModule(PtSymbolBlock block) {
    this.block = block;
  }

  /**
   * Loads a module without tensors.
   *
   * @param className the name of the module's class
   * @param methods the source text of the methods, as {@link ScriptText#method} writes it
   * @param manager the manager that owns the module and places it on its device
   * @throws EngineException if libtorch cannot read the text or lacks one of its operators
   */
  public static TorchScriptModule ofMethods(String className, String methods, NDManager manager) {
    return of(className, List.of(), methods, manager);
  }

  /**
   * Loads a module whose methods keep tensors.
   *
   * @param lists the names of attributes that are lists of tensors, empty at first
   * @throws EngineException as {@link #ofMethods}
   */
  public static TorchScriptModule of(
      String className, Collection<String> lists, String methods, NDManager manager) {
    String source = ScriptText.moduleClass(className, lists, methods);
    byte[] archive = TorchScriptArchive.of(className, source);
    try {
      boolean mapsToDevice = manager.getDevice().isGpu();
      PtSymbolBlock block =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(archive), mapsToDevice, false);
      JniUtils.enableInferenceMode(block);
      return new TorchScriptModule(block);
    } catch (IOException e) {
      throw new UncheckedIOException("Reading from memory failed", e);
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

package io.graft.backbone;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.cuda.CudaLibraries;
import io.graft.cuda.KernelException;
import io.graft.image.InputSpec;
import io.graft.nn.BatchNormFolding;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.runtime.Sha256;
import io.graft.runtime.TorchThreads;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.torchscript.ParameterArrays;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Computes the layers as one TorchScript module, written for the device and the plan. */
record CompiledBackend(
    TorchScriptModule module,
    Layers layers,
    InputSpec input,
    Plan plan,
    NDManager manager,
    Optional<KernelPath> kernels)
    implements Backend {

  /**
   * What a module computes.
   *
   * @param steps the steps
   * @param kernels the steps that Graft's CUDA kernels can replace
   */
  record Layers(List<Step> steps, List<KernelStep> kernels) {}

  /**
   * Compiles and loads the layers.
   *
   * @param manager the manager that owns the module and places it on its device
   * @param notices the receiver of what users should know
   * @throws UnsupportedPrecisionException if the layers, the device or the loaded libtorch cannot
   *     compute the layers as planned
   */
  static CompiledBackend load(
      Network network,
      InputSpec input,
      TensorSource weights,
      Plan plan,
      NDManager manager,
      Notices notices) {
    boolean gpu = manager.getDevice().isGpu();
    try {
      CompiledBackend backend = compile(network, input, weights, plan, manager, gpu);
      if (plan.precision() != Precision.FP32) {
        // Computes one row, because libtorch reports only then that the device lacks a precision.
        try (NDManager scratch = manager.newSubManager()) {
          backend.forward(scratch, ByteBuffer.allocateDirect(input.bytes()), 1).toByteBuffer();
        }
      }
      return gpu ? backend.withKernels(notices) : backend;
    } catch (EngineException e) {
      if (DeviceFailures.isOfDevice(e)) {
        throw DeviceFailures.whileLoading(manager.getDevice(), e);
      }
      throw new UnsupportedPrecisionException(
          "The loaded libtorch cannot compute %s in %s on %s: %s Use another precision."
              .formatted(
                  network.name(),
                  plan.precision().word(),
                  Devices.nameOf(manager.getDevice()),
                  e.getMessage()),
          e);
    }
  }

  /**
   * Compiles the layers and loads them with their parameters.
   *
   * @param gpu whether to compile for CUDA
   */
  static CompiledBackend compile(
      Network network,
      InputSpec input,
      TensorSource weights,
      Plan plan,
      NDManager manager,
      boolean gpu) {
    // The folded weights are a view of the weights, which the caller closes.
    BatchNormFolding.Folded folded = BatchNormFolding.fold(network, weights);
    Shape image = new Shape(3, input.height(), input.width());
    List<Step> steps = Step.of(new Network(network.name(), image, folded.network().layers()));
    ModuleSource source = new ModuleSource(folded.weights());
    writer(plan, gpu).write(steps, input, source);
    Layers layers = new Layers(steps, source.kernels());
    return new CompiledBackend(
        source.load(manager), layers, input, plan, manager, Optional.empty());
  }

  /** Returns a copy with Graft's CUDA kernels, if they work here, or else this backend. */
  private CompiledBackend withKernels(Notices notices) {
    if (layers.kernels().isEmpty()) {
      return this;
    }
    try {
      KernelPath path =
          KernelPath.load(
              module, layers.kernels(), input, plan.precision(), CudaLibraries.current(), manager);
      path.check(input, manager);
      notices.detail(path.describe(manager.getDevice()));
      return new CompiledBackend(module, layers, input, plan, manager, Optional.of(path));
    } catch (KernelException e) {
      notices.detail("Graft's own CUDA kernels are not used: " + e.getMessage());
      return this;
    } catch (EngineException e) {
      throw DeviceFailures.whileCheckingKernels(manager.getDevice(), e);
    }
  }

  private static Step.Writer writer(Plan plan, boolean gpu) {
    return switch (plan.precision()) {
      case FP32, BF16 -> {
        boolean exact = plan.precision() == Precision.FP32;
        int elementType = exact ? ScriptText.FLOAT32 : ScriptText.BFLOAT16;
        yield gpu ? new CudnnFloat(elementType) : new OneDnnFloat(elementType, plan.microBatch());
      }
      case FP16 -> {
        requireDevice(gpu, Precision.FP16, "a GPU");
        yield new CudnnFloat(ScriptText.FLOAT16);
      }
      case TF32 -> throw new UnsupportedPrecisionException("Precision tf32 is for trained layers.");
      case INT8 -> {
        requireDevice(!gpu, Precision.INT8, "the CPU");
        yield new OneDnnInt8(plan.microBatch(), plan.scales());
      }
    };
  }

  private static void requireDevice(boolean right, Precision precision, String expected) {
    if (!right) {
      throw new UnsupportedPrecisionException(
          "Precision %s is for %s. Choose another precision or device."
              .formatted(precision.word(), expected));
    }
  }

  @Override
  public NDArray forward(NDManager owner, ByteBuffer pixels, int rows) {
    try (NDManager scratch = owner.newSubManager()) {
      NDArray x = upload(scratch, pixels, rows);
      return kernels
          .map(path -> path.forward(owner, x, rows))
          .orElseGet(
              () -> TorchThreads.with(plan.threads(), () -> module.call("forward", owner, x)));
    }
  }

  @Override
  public FeatureRows features(NDManager owner, ByteBuffer pixels, int rows, TensorType type) {
    long kept = type == TensorType.F16 ? ScriptText.FLOAT16 : ScriptText.FLOAT32;
    try (NDManager scratch = owner.newSubManager()) {
      NDArray x = upload(scratch, pixels, rows);
      if (kernels.isPresent()) {
        NDArray y = kernels.get().forward(scratch, x, rows);
        return FeatureRows.unpack(module.call("packed", owner, y, kept));
      }
      return FeatureRows.unpack(
          TorchThreads.with(plan.threads(), () -> module.call("rows", owner, x, kept)));
    }
  }

  @Override
  public List<Float> largestActivations(ByteBuffer pixels, int rows) {
    if (plan.precision() != Precision.FP32) {
      throw new IllegalStateException(
          "Calibration needs fp32; received " + plan.precision().word());
    }
    requireDevice(!manager.getDevice().isGpu(), Precision.INT8, "the CPU");
    try (NDManager scratch = manager.newSubManager()) {
      NDArray x = upload(scratch, pixels, rows);
      float[] largest =
          TorchThreads.with(plan.threads(), () -> module.call("largest", x)).toFloatArray();
      return IntStream.range(0, OneDnnInt8.convolutions(layers.steps()))
          .mapToObj(i -> largest[i])
          .toList();
    }
  }

  private NDArray upload(NDManager scratch, ByteBuffer pixels, int rows) {
    Shape shape = new Shape(rows, input.height(), input.width(), 3);
    if (!manager.getDevice().isGpu()) {
      return scratch.create(pixels, shape, DataType.UINT8);
    }
    NDManager host = scratch.newSubManager(Device.cpu());
    return module.call(CudnnFloat.UPLOAD, scratch, host.create(pixels, shape, DataType.UINT8));
  }

  @Override
  public String parameterDigest() {
    Sha256 digest = new Sha256();
    long count = layers.steps().stream().filter(Step.WithParameters.class::isInstance).count();
    for (long i = 0; i < count; i++) {
      for (String method : List.of("weight", "bias")) {
        try (NDManager scratch = manager.newSubManager()) {
          ParameterArrays.addPartsTo(digest, module.call(method, scratch, i));
        }
      }
    }
    return digest.hex();
  }
}

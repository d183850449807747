package io.graft.benchmarks;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Plan;
import io.graft.backbone.Workers;
import io.graft.cuda.CudaLibraries;
import io.graft.cuda.ElementType;
import io.graft.cuda.KernelException;
import io.graft.cuda.Kernels;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.torchscript.TorchScriptModule;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Checks and times Graft's CUDA kernels beside libtorch's operators, then VGG16 with them. Run it
 * again with GRAFT_CUDA_KERNELS=off for VGG16 without them.
 */
public final class GraftKernels {

  private static final String OPERATORS =
      """
        def elements(self: __torch__.Operators, x: Tensor, type: int) -> Tensor:
          return torch.contiguous(torch.to(x, type))
        def first(self: __torch__.Operators, x: Tensor) -> Tensor:
          return torch.to(torch.slice(torch.flatten(x), 0, 0, 1), 6)
        def max_pool2d(self: __torch__.Operators, x: Tensor) -> Tensor:
          y = torch.max_pool2d(torch.permute(x, [0, 3, 1, 2]), [2, 2], [2, 2])
          return torch.permute(y, [0, 2, 3, 1])
        def amax(self: __torch__.Operators, x: Tensor, size: int, channels: int) -> Tensor:
          return torch.amax(torch.reshape(x, [-1, size, 2, size, 2, channels]), [2, 4])
        def normalized(self: __torch__.Operators, x: Tensor, type: int) -> Tensor:
          y = torch.div_(torch.to(torch.permute(x, [0, 3, 1, 2]), 6), 255.)
          return torch.to(torch.div_(torch.sub_(y, 0.45), 0.225), type)
        def convolution(self: __torch__.Operators, x: Tensor, weight: Tensor, bias: Tensor, type: int) -> Tensor:
          y = torch.cudnn_convolution_relu((self).normalized(x, type), weight, bias, [1, 1], [1, 1], [1, 1], 1)
          return torch.permute(y, [0, 2, 3, 1])
        def weight(self: __torch__.Operators, x: Tensor) -> Tensor:
          y = torch.permute(torch.reshape(torch.slice(x, 1, 0, 27), [64, 3, 3, 3]), [0, 3, 1, 2])
          return torch.contiguous(y, memory_format=2)
        def difference(self: __torch__.Operators, x: Tensor, y: Tensor) -> Tensor:
          z = torch.to(y, 6)
          return torch.div(torch.amax(torch.abs(torch.sub(torch.to(x, 6), z))), torch.amax(torch.abs(z)))
      """;

  private final TorchScriptModule torch;
  private final NDManager manager;
  private final Kernels kernels;
  private final ElementType type;
  private final int batch;

  private GraftKernels(NDManager manager, Kernels kernels, ElementType type, int batch) {
    this.torch = TorchScriptModule.ofMethods("Operators", OPERATORS, manager);
    this.manager = manager;
    this.kernels = kernels;
    this.type = type;
    this.batch = batch;
  }

  /** Arguments: {@code fp16} or {@code bf16}, and the number of images in a batch. */
  public static void main(String[] arguments) {
    Precision precision = Precision.asked(arguments[0]).orElseThrow();
    ElementType type = precision == Precision.FP16 ? ElementType.FLOAT16 : ElementType.BFLOAT16;
    int batch = Integer.parseInt(arguments[1]);
    TorchRuntime.load();
    try {
      kernels(Device.gpu(0), CudaLibraries.current(), type, batch, 224);
    } catch (KernelException | EngineException e) {
      // VGG16 is still timed: without kernels, or with an error that says more.
      print("no kernels: %s", e.getMessage());
    }
    network(precision, batch);
  }

  /** Times each kernel. The largest pool has images of {@code size} pixels in each direction. */
  static void kernels(
      Device device, CudaLibraries libraries, ElementType type, int batch, int size) {
    long start = System.nanoTime();
    try (NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        Kernels kernels = Kernels.load(libraries, device.getDeviceId(), type)) {
      print("%s: loaded in %.0f ms", type, (System.nanoTime() - start) / 1e6);
      GraftKernels benchmark = new GraftKernels(manager, kernels, type, batch);
      for (int scale = 1; scale <= 8; scale *= 2) {
        benchmark.pool(64 * scale, size / scale);
      }
      benchmark.convolution(size);
    }
  }

  private void pool(int channels, int size) {
    try (NDManager scratch = manager.newSubManager()) {
      Shape input = new Shape(channels, size, size);
      NDArray x = random(scratch, new Shape(batch, size, size, channels));
      NDArray y = random(scratch, new Shape(batch, size / 2, size / 2, channels));
      kernels.maxPool(x, y, batch, input);
      NDArray expected = torch.call("max_pool2d", scratch, x);
      float difference = torch.call("difference", scratch, y, expected).toFloatArray()[0];
      double own =
          milliseconds(
              () -> {
                kernels.maxPool(x, y, batch, input);
                return y;
              });
      double amax = milliseconds(() -> torch.call("amax", manager, x, size / 2, channels));
      double pool = milliseconds(() -> torch.call("max_pool2d", manager, x));
      print(
          "pool %d x %d, batch %d: own %.3f ms, amax %.3f, max_pool2d %.3f; difference %s",
          channels, size, batch, own, amax, pool, difference);
    }
  }

  private void convolution(int size) {
    try (NDManager scratch = manager.newSubManager()) {
      byte[] bytes = new byte[batch * size * size * 3];
      new Random(2).nextBytes(bytes);
      Shape shape = new Shape(batch, size, size, 3);
      NDArray pixels = scratch.create(ByteBuffer.wrap(bytes), shape, DataType.UINT8);
      float[] levels = new float[3 * 256];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (i % 256 / 255f - 0.45f) / 0.225f;
      }
      float[] products = new float[64 * 32];
      Random random = new Random(3);
      for (int i = 0; i < products.length; i++) {
        products[i] = i % 32 < 27 ? (float) random.nextGaussian() / 5 : 0;
      }
      NDArray table = elements(scratch, scratch.create(levels));
      NDArray matrix = elements(scratch, scratch.create(products, new Shape(64, 32)));
      NDArray weight = torch.call("weight", scratch, matrix);
      NDArray bias = scratch.zeros(new Shape(64));
      NDArray biasElements = elements(scratch, bias);
      NDArray y = random(scratch, new Shape(batch, size, size, 64));
      Shape input = new Shape(3, size, size);
      kernels.firstConvolution(pixels, table, matrix, bias, y, batch, input);
      Object[] operands = {pixels, weight, biasElements, number()};
      NDArray expected = torch.call("convolution", scratch, operands);
      float difference = torch.call("difference", scratch, y, expected).toFloatArray()[0];
      expected.close();
      double own =
          milliseconds(
              () -> {
                kernels.firstConvolution(pixels, table, matrix, bias, y, batch, input);
                return y;
              });
      double normalized = milliseconds(() -> torch.call("normalized", manager, pixels, number()));
      double both = milliseconds(() -> torch.call("convolution", manager, operands));
      print(
          "first convolution, batch %d: own %.3f ms, cuDNN %.3f with %.3f of normalisation;"
              + " difference %s",
          batch, own, both, normalized, difference);
    }
  }

  private NDArray random(NDManager owner, Shape shape) {
    try (NDManager scratch = owner.newSubManager()) {
      return torch.call("elements", owner, scratch.randomNormal(shape), number());
    }
  }

  private NDArray elements(NDManager owner, NDArray values) {
    return torch.call("elements", owner, values, number());
  }

  /** Returns PyTorch's number of the element type. */
  private long number() {
    return type == ElementType.FLOAT16 ? 5 : 15;
  }

  /** Returns the time of one run of many, which the GPU computes without waiting for Java. */
  private double milliseconds(Supplier<NDArray> work) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < 4; round++) {
      int times = round == 0 ? 3 : 50;
      long start = System.nanoTime();
      for (int i = 0; i < times; i++) {
        NDArray result = work.get();
        if (i == times - 1) {
          torch.call("first", result).toFloatArray();
        }
        if (result.getManager() == manager) {
          result.close();
        }
      }
      best = round == 0 ? best : Math.min(best, (System.nanoTime() - start) / 1e6 / times);
    }
    return best;
  }

  private static void network(Precision precision, int batch) {
    BackboneSpec spec = Zoo.find("vgg16");
    InputSpec input = spec.input();
    Network network = spec.network();
    Network frozen = network.prefix(network.indexAfter("block5_pool"));
    ByteBuffer pixels = ByteBuffer.allocateDirect(batch * input.bytes());
    byte[] random = new byte[pixels.capacity()];
    new Random(2).nextBytes(random);
    pixels.put(random).flip();
    Plan plan = new Plan(precision, batch, 1, List.of());
    Progress printed =
        new Progress() {
          @Override
          public void note(String line) {
            print("%s", line);
          }

          @Override
          public void detail(String line) {
            print("%s", line);
          }
        };
    try (FrozenLayers layers =
        FrozenLayers.of(
            frozen, input, () -> RandomWeights.kaimingUniform(network, 1), Device.gpu(0), plan)) {
      try (Workers workers = layers.workers(1, printed)) {
        workers.submit(pixels, batch, TensorType.F16, (first, count, rows) -> {}, () -> {});
        workers.finish();
      }
      for (int round = 0; round < 3; round++) {
        int times = 12_000 / batch;
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
          try (NDManager scratch = layers.manager().newSubManager()) {
            NDArray features = layers.forward(scratch, pixels, batch);
            if (i == times - 1) {
              features.get(0).sum().toFloatArray();
            }
          }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        print(
            "VGG16 in %s, batch %d: %.0f images/s",
            precision.word(), batch, times * batch / seconds);
      }
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

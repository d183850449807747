package io.graft.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.graft.runtime.Doctor.Finding;
import io.graft.runtime.NativeCalls;

/**
 * Graft's own kernels on one GPU, for one type of elements. They read and write libtorch's tensors,
 * on libtorch's stream of the calling thread. A launch does not wait: it runs after what libtorch
 * has begun, and before what libtorch begins later. So an array may be closed as soon as the method
 * returns. Several threads may launch at once.
 */
public final class Kernels implements AutoCloseable {

  /** The channels that the first convolution gives. */
  public static final int CONVOLUTION_OUTPUTS = 64;

  /** The products of one output of the first convolution: 27, and zeros up to this number. */
  public static final int CONVOLUTION_PRODUCTS = 32;

  private static final int VECTOR_BYTES = 16;
  private static final int TILE_WIDTH = 32;
  private static final int TILE_HEIGHT = 8;

  /** The blocks of the first convolution that a multiprocessor has registers for. */
  private static final int CONVOLUTION_BLOCKS = 4;

  private final KernelModule module;
  private final TorchTensors tensors;
  private final int gpu;
  private final ElementType type;
  private final int multiprocessors;
  private final Pointer pool;

  /** The kernel of the first convolution; null for float32, which has none. */
  private final Pointer convolution;

  private Kernels(KernelModule module, TorchTensors tensors, int gpu, ElementType type) {
    this.module = module;
    this.tensors = tensors;
    this.gpu = gpu;
    this.type = type;
    this.multiprocessors = module.multiprocessors();
    this.pool = module.kernel("max_pool");
    this.convolution = type == ElementType.FLOAT32 ? null : module.kernel("first_convolution");
  }

  /**
   * Compiles the kernels for a GPU, or finds them in the cache, and loads them.
   *
   * @param gpu the number of the GPU
   * @throws KernelException if that is not possible on this machine
   */
  public static Kernels load(CudaLibraries libraries, int gpu, ElementType type) {
    KernelModule module = null;
    try {
      module = KernelModule.on(libraries.driver(), gpu);
      int capability = module.computeCapability();
      if (capability < type.leastComputeCapability()) {
        throw new KernelException(
            "The GPU has compute capability %s, and %s needs at least %s."
                .formatted(version(capability), type, version(type.leastComputeCapability())));
      }
      module.load(new KernelBinaries(libraries.cache()).of(compiler(libraries), capability, type));
      Kernels kernels = new Kernels(module, TorchTensors.of(libraries), gpu, type);
      module = null;
      return kernels;
    } catch (UnsatisfiedLinkError e) {
      throw new KernelException("A function or library is missing: " + e.getMessage());
    } finally {
      if (module != null) {
        module.close();
      }
    }
  }

  private static String version(int computeCapability) {
    return computeCapability / 10 + "." + computeCapability % 10;
  }

  private static Nvrtc compiler(CudaLibraries libraries) {
    return Nvrtc.first(libraries.compilers())
        .orElseThrow(
            () ->
                new KernelException(
                    "NVRTC, which compiles them, was not found. It is part of Python's CUDA builds"
                        + " of torch; pip install nvidia-cuda-nvrtc-cu12 adds it."));
  }

  /** Examines whether this machine can compile the kernels, for {@code doctor}. */
  public static Finding examine() {
    String name = "cuda kernels";
    try {
      Nvrtc compiler = compiler(CudaLibraries.current());
      return Finding.ok(name, "NVRTC %s (%s)".formatted(compiler.version(), compiler.file()));
    } catch (KernelException e) {
      return Finding.ok(name, "not used: " + e.getMessage());
    }
  }

  /** Returns whether {@link #maxPool} takes rows of a shape, (channels, height, width). */
  public static boolean canPool(Shape input, ElementType type) {
    return input.get(0) * type.bytes() % VECTOR_BYTES == 0 && input.get(1) > 1 && input.get(2) > 1;
  }

  /**
   * Computes the maximum over windows of 2 x 2 pixels, with stride 2. A window with NaN gives NaN.
   *
   * @param x the input, whose memory is (rows, height, width, channels)
   * @param y the output, whose memory is (rows, height / 2, width / 2, channels)
   * @param input the shape of an input row, (channels, height, width)
   */
  public void maxPool(NDArray x, NDArray y, int rows, Shape input) {
    int height = (int) input.get(1);
    int width = (int) input.get(2);
    int vectors = (int) input.get(0) * type.bytes() / VECTOR_BYTES;
    int across = Grid.parts(width / 2 * vectors, Grid.THREADS);
    launch(pool, new Grid(across, height / 2, rows), x, y, height, width, vectors);
  }

  /**
   * Normalises pixels and computes a convolution of them, 3 x 3 with padding 1, with a bias and a
   * rectifier. Sums are in float32 and rounded once.
   *
   * @param pixels uint8 (rows, height, width, 3)
   * @param table the normalised element for each channel of a pixel and each value, (3, 256),
   *     finite
   * @param weight the weights as elements, (64, 32): for each output the products of lines, columns
   *     and channels of a pixel, in this order, then zeros
   * @param bias float32 (64)
   * @param y the output, whose memory is (rows, height, width, 64)
   * @param input the shape of an input row, (3, height, width)
   */
  public void firstConvolution(
      NDArray pixels,
      NDArray table,
      NDArray weight,
      NDArray bias,
      NDArray y,
      int rows,
      Shape input) {
    int height = (int) input.get(1);
    int width = (int) input.get(2);
    long tiles = (long) rows * Grid.parts(height, TILE_HEIGHT) * Grid.parts(width, TILE_WIDTH);
    int blocks = (int) Math.min(tiles, (long) CONVOLUTION_BLOCKS * multiprocessors);
    launch(
        convolution, new Grid(blocks, 1, 1), pixels, table, weight, bias, y, rows, height, width);
  }

  /** Launches a kernel with arrays, of which it gets the addresses, and integers. */
  private void launch(Pointer kernel, Grid grid, Object... arguments) {
    NativeCalls.run(
        () -> {
          int count = arguments.length;
          // The values, then the address of each value.
          try (Memory memory = new Memory(2L * count * Long.BYTES)) {
            for (int i = 0; i < count; i++) {
              long value =
                  arguments[i] instanceof NDArray array
                      ? tensors.address(array)
                      : (int) arguments[i];
              memory.setLong((long) i * Long.BYTES, value);
              memory.setPointer(
                  (long) (count + i) * Long.BYTES, memory.share((long) i * Long.BYTES));
            }
            Pointer addresses = memory.share((long) count * Long.BYTES);
            module.launch(kernel, grid, addresses, tensors.stream(gpu));
          } catch (KernelException e) {
            throw new KernelException(
                "%s %s=off does without Graft's own kernels."
                    .formatted(e.getMessage(), CudaLibraries.SETTING));
          }
          return null;
        });
  }

  @Override
  public void close() {
    module.close();
  }
}

package io.graft.backbone;

import static io.graft.backbone.Prefixes.pictures;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.FormulaWeights;
import io.graft.weights.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {

  private static final int SIZE = 8;
  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(SIZE);
  private static final Network NETWORK =
      new Network(
          "small",
          new Shape(3, SIZE, SIZE),
          List.of(new NamedLayer("conv", "conv", new Layer.Conv2d(3, 2, 3, 1, 1))));
  private static final int WIDTH = 2 * SIZE * SIZE;

  private static final String CUDA_OUT_OF_MEMORY =
      "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB";

  private final List<String> notes = new ArrayList<>();

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  private static FrozenPrefix layers(
      List<Device> devices, int microBatch, FailingLayers.Before before) {
    FormulaWeights weights = new FormulaWeights(NETWORK, 1);
    return FailingLayers.on(devices, NETWORK, INPUT, weights, microBatch, before);
  }

  private static List<Device> cpus(int count) {
    return Collections.nCopies(count, Device.cpu());
  }

  /** Runs pictures in batches; every picture's activations in the pictures' order. */
  private float[] run(FrozenPrefix layers, ByteBuffer pixels, int rows, int batch) {
    float[] all = new float[rows * WIDTH];
    List<Integer> done = new ArrayList<>();
    try (Workers workers = layers.workers((rows + batch - 1) / batch, notes::add)) {
      for (int from = 0; from < rows; from += batch) {
        int first = from;
        int count = Math.min(batch, rows - from);
        workers.submit(
            pixels.slice(from * INPUT.bytes(), count * INPUT.bytes()),
            count,
            TensorType.F32,
            (part, size, activations) ->
                Prefixes.floats(activations, TensorType.F32)
                    .get(all, (first + part) * WIDTH, size * WIDTH),
            () -> done.add(count));
      }
      workers.finish();
    }
    assertThat(done.stream().mapToInt(Integer::intValue).sum()).isEqualTo(rows);
    return all;
  }

  @Test
  void aGpuHasTwoWorkersAndACpuOneAndNoneIsWithoutABatch() {
    List<Device> gpus = List.of(Device.gpu(0), Device.gpu(1));
    try (FrozenPrefix two = layers(gpus, 4, (replica, rows) -> {});
        FrozenPrefix cpu = layers(cpus(1), 4, (replica, rows) -> {})) {
      assertThat(two.workers(100, notes::add).count()).isEqualTo(4);
      assertThat(two.workers(3, notes::add).count()).isEqualTo(3);
      assertThat(two.workers(1, notes::add).count()).isEqualTo(1);
      assertThat(cpu.workers(100, notes::add).count()).isEqualTo(1);
    }
  }

  @Test
  void aSingleWorkerIsTheCallersThread() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    try (FrozenPrefix cpu =
        layers(cpus(1), 4, (replica, rows) -> threads.add(Thread.currentThread()))) {
      run(cpu, pictures(9, INPUT), 9, 4);
    }
    assertThat(threads).containsExactly(Thread.currentThread());
  }

  @Test
  void batchesAreComputedAtOnceOnEveryDeviceAndGiveWhatOneDeviceGives() {
    ByteBuffer pixels = pictures(24, INPUT);
    float[] expected;
    try (FrozenPrefix one = layers(cpus(1), 4, (replica, rows) -> {})) {
      expected = run(one, pixels, 24, 4);
    }
    for (List<Device> devices :
        List.of(cpus(2), List.of(Device.gpu(0)), List.of(Device.gpu(0), Device.gpu(1)))) {
      int workers = devices.get(0).isGpu() ? 2 * devices.size() : devices.size();
      // Nobody goes on before all workers have a first batch.
      CyclicBarrier barrier = new CyclicBarrier(workers);
      ThreadLocal<Boolean> waited = ThreadLocal.withInitial(() -> false);
      Set<Integer> replicas = ConcurrentHashMap.newKeySet();
      try (FrozenPrefix several =
          layers(
              devices,
              4,
              (replica, rows) -> {
                replicas.add(replica);
                if (!waited.get()) {
                  waited.set(true);
                  await(barrier);
                }
              })) {
        assertThat(run(several, pixels, 24, 4)).isEqualTo(expected);
      }
      assertThat(replicas).hasSize(devices.size());
    }
  }

  @Test
  void aFasterDeviceGetsMoreBatches() {
    CountDownLatch othersDone = new CountDownLatch(9);
    AtomicInteger slow = new AtomicInteger();
    try (FrozenPrefix two =
        layers(
            cpus(2),
            1,
            (replica, rows) -> {
              if (replica == 0) {
                slow.incrementAndGet();
                await(othersDone);
              } else {
                othersDone.countDown();
              }
            })) {
      run(two, pictures(10, INPUT), 10, 1);
    }
    assertThat(slow).hasValue(1);
  }

  @Test
  void shortMemoryHalvesTheMicroBatchAndTheRunGoesOn() {
    ByteBuffer pixels = pictures(22, INPUT);
    float[] expected;
    try (FrozenPrefix whole = layers(cpus(1), 8, (replica, rows) -> {})) {
      expected = run(whole, pixels, 22, 8);
    }
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenPrefix small =
        layers(
            cpus(1),
            8,
            (replica, rows) -> {
              sizes.add(rows);
              if (rows > 3) {
                throw new EngineException(CUDA_OUT_OF_MEMORY);
              }
            })) {
      assertThat(run(small, pixels, 22, 8)).isEqualTo(expected);
    }
    assertThat(sizes).startsWith(8, 4, 2).hasSize(13).endsWith(2, 2, 2);
    assertThat(sizes.subList(2, 13)).allMatch(size -> size == 2);
    assertThat(notes)
        .containsExactly(
            "The memory of cpu is too small for 8 pictures at once; it takes 4 from now on.",
            "The memory of cpu is too small for 4 pictures at once; it takes 2 from now on.");
  }

  @Test
  void twoWorkersThatRunShortTogetherHalveOnce() {
    CyclicBarrier both = new CyclicBarrier(2);
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenPrefix gpu =
        layers(
            List.of(Device.gpu(0)),
            8,
            (replica, rows) -> {
              sizes.add(rows);
              if (rows == 8) {
                await(both);
                throw new EngineException(CUDA_OUT_OF_MEMORY);
              }
            })) {
      run(gpu, pictures(16, INPUT), 16, 8);
    }
    assertThat(sizes).containsExactlyInAnyOrder(8, 8, 4, 4, 4, 4);
    assertThat(notes).singleElement().asString().contains("cuda:0", "takes 4 from now on");
  }

  @Test
  void memoryThatIsTooSmallForOnePictureIsAnErrorOfTheDevice() {
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenPrefix none =
        layers(
            List.of(Device.gpu(0)),
            4,
            (replica, rows) -> {
              sizes.add(rows);
              throw new EngineException(CUDA_OUT_OF_MEMORY);
            })) {
      assertThatThrownBy(() -> run(none, pictures(4, INPUT), 4, 4))
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll(
              "cuda:0 has too little memory for a single picture", "2.00 GiB", "--device cpu");
    }
    assertThat(sizes).containsExactly(4, 2, 1);
  }

  @Test
  void aDeadDeviceEndsTheRunOnceTheOthersHaveFinishedTheirBatches() {
    CountDownLatch dead = new CountDownLatch(1);
    Set<Integer> taken = ConcurrentHashMap.newKeySet();
    try (FrozenPrefix two =
        layers(
            cpus(2),
            1,
            (replica, rows) -> {
              if (replica == 1) {
                dead.countDown();
                throw new EngineException("CUDA error: an illegal memory access was encountered");
              }
              await(dead);
            })) {
      assertThatThrownBy(
              () -> {
                try (Workers workers = two.workers(100, notes::add)) {
                  ByteBuffer pixels = pictures(100, INPUT);
                  for (int i = 0; i < 100; i++) {
                    int number = i;
                    workers.submit(
                        pixels.slice(i * INPUT.bytes(), INPUT.bytes()),
                        1,
                        TensorType.F16,
                        (first, count, activations) -> taken.add(number),
                        () -> {});
                  }
                  workers.finish();
                }
              })
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll("failed on a single picture", "illegal memory access");
    }
    // The batch that the other device had when the run ended is among them.
    assertThat(taken).isNotEmpty().hasSizeLessThan(100);
  }

  @Test
  void anInterruptedCallerStops() {
    try (FrozenPrefix two = layers(cpus(2), 1, (replica, rows) -> {})) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> run(two, pictures(8, INPUT), 8, 1))
          .isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).as("stays interrupted").isTrue();
    }
  }

  @Test
  void libtorchsWordsForShortMemoryAreKnown() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      assertThatThrownBy(() -> manager.create(new Shape(1L << 50), DataType.FLOAT32))
          .isInstanceOfSatisfying(
              EngineException.class,
              e -> assertThat(DeviceFailures.isOutOfMemory(e)).as(e.getMessage()).isTrue());
    }
    for (String words :
        List.of(
            CUDA_OUT_OF_MEMORY,
            "CUDA error: out of memory",
            "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.")) {
      assertThat(DeviceFailures.isOutOfMemory(new EngineException(words))).as(words).isTrue();
    }
    EngineException dead = new EngineException("CUDA error: unspecified launch failure");
    assertThat(DeviceFailures.isOutOfMemory(dead)).isFalse();
    assertThat(DeviceFailures.isOfDevice(dead)).isTrue();
    EngineException other = new EngineException("Unknown builtin op: mkldnn::_nothing");
    assertThat(DeviceFailures.isOfDevice(other)).isFalse();
  }

  @Test
  void activationsComeWithTheirLargestMagnitude() {
    ByteBuffer pixels = pictures(3, INPUT);
    Plan plan = new Plan(Precision.FP32, 3, 1, List.of());
    try (FrozenPrefix compiled =
            FrozenPrefix.of(
                NETWORK, INPUT, () -> new FormulaWeights(NETWORK, 1), Device.cpu(), plan);
        NDManager manager = NDManager.newBaseManager()) {
      float[] values = compiled.forward(manager, pixels.duplicate(), 3).toFloatArray();
      float largest =
          (float)
              IntStream.range(0, values.length)
                  .mapToDouble(i -> Math.abs(values[i]))
                  .max()
                  .orElseThrow();
      Activations full = compiled.activations(manager, pixels.duplicate(), 3, TensorType.F32);
      assertThat(Prefixes.floats(full, TensorType.F32)).isEqualTo(FloatBuffer.wrap(values));
      assertThat(full.largest()).isEqualTo(largest);
      Activations half = compiled.activations(manager, pixels.duplicate(), 3, TensorType.F16);
      NDArray rounded = manager.create(values).toType(DataType.FLOAT16, false);
      assertThat(half.values()).isEqualTo(rounded.toByteBuffer());
      assertThat(half.largest())
          .isEqualTo(
              manager
                  .create(largest)
                  .toType(DataType.FLOAT16, false)
                  .toType(DataType.FLOAT32, false)
                  .getFloat());
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

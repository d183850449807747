package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.images;
import static io.graft.backbone.WorkersFixture.INPUT;
import static io.graft.backbone.WorkersFixture.NETWORK;
import static io.graft.backbone.WorkersFixture.await;
import static io.graft.backbone.WorkersFixture.cpus;
import static io.graft.backbone.WorkersFixture.layers;
import static io.graft.backbone.WorkersFixture.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.graft.nn.Precision;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.testing.FormulaWeights;
import io.graft.testing.Notes;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {

  private final List<String> notes = new ArrayList<>();

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void createsTwoWorkersPerGpuAndOnePerCpuButNoIdleOnes() {
    List<Device> gpus = List.of(Device.gpu(0), Device.gpu(1));
    try (FrozenLayers two = layers(gpus, 4, (replica, rows) -> {});
        FrozenLayers cpu = layers(cpus(1), 4, (replica, rows) -> {})) {
      assertThat(two.workers(100, Notes.to(notes::add)).count()).isEqualTo(4);
      assertThat(two.workers(3, Notes.to(notes::add)).count()).isEqualTo(3);
      assertThat(two.workers(1, Notes.to(notes::add)).count()).isEqualTo(1);
      assertThat(cpu.workers(100, Notes.to(notes::add)).count()).isEqualTo(1);
    }
  }

  @Test
  void singleWorkerRunsOnTheCallersThread() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    try (FrozenLayers cpu =
        layers(cpus(1), 4, (replica, rows) -> threads.add(Thread.currentThread()))) {
      run(cpu, images(9, INPUT), 9, 4, notes::add);
    }
    assertThat(threads).containsExactly(Thread.currentThread());
  }

  @Test
  void severalDevicesInParallelMatchOneDevice() {
    ByteBuffer pixels = images(24, INPUT);
    float[] expected;
    try (FrozenLayers one = layers(cpus(1), 4, (replica, rows) -> {})) {
      expected = run(one, pixels, 24, 4, notes::add);
    }
    for (List<Device> devices :
        List.of(cpus(2), List.of(Device.gpu(0)), List.of(Device.gpu(0), Device.gpu(1)))) {
      int workers = devices.get(0).isGpu() ? 2 * devices.size() : devices.size();
      // Each worker waits until all have a first batch.
      CyclicBarrier barrier = new CyclicBarrier(workers);
      ThreadLocal<Boolean> waited = ThreadLocal.withInitial(() -> false);
      Set<Integer> replicas = ConcurrentHashMap.newKeySet();
      try (FrozenLayers several =
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
        assertThat(run(several, pixels, 24, 4, notes::add)).isEqualTo(expected);
      }
      assertThat(replicas).hasSize(devices.size());
    }
  }

  @Test
  void fasterDeviceGetsMoreBatches() {
    CountDownLatch othersDone = new CountDownLatch(9);
    AtomicInteger slowBatches = new AtomicInteger();
    try (FrozenLayers two =
        layers(
            cpus(2),
            1,
            (replica, rows) -> {
              if (replica == 0) {
                slowBatches.incrementAndGet();
                await(othersDone);
              } else {
                othersDone.countDown();
              }
            })) {
      run(two, images(10, INPUT), 10, 1, notes::add);
    }
    assertThat(slowBatches).hasValue(1);
  }

  @Test
  void failedDeviceEndsTheRunAfterOtherDevicesFinishTheirBatches() {
    CountDownLatch dead = new CountDownLatch(1);
    Set<Integer> computed = ConcurrentHashMap.newKeySet();
    try (FrozenLayers two =
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
                try (Workers workers = two.workers(100, Notes.to(notes::add))) {
                  ByteBuffer pixels = images(100, INPUT);
                  for (int i = 0; i < 100; i++) {
                    int number = i;
                    workers.submit(
                        pixels.slice(i * INPUT.bytes(), INPUT.bytes()),
                        1,
                        TensorType.F16,
                        (first, count, activations) -> computed.add(number),
                        () -> {});
                  }
                  workers.finish();
                }
              })
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll("failed on a single image", "illegal memory access");
    }
    // The batch in progress on the other device is included.
    assertThat(computed).isNotEmpty().hasSizeLessThan(100);
  }

  @Test
  void interruptCancelsTheRun() {
    try (FrozenLayers two = layers(cpus(2), 1, (replica, rows) -> {})) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> run(two, images(8, INPUT), 8, 1, notes::add))
          .isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).as("the thread stays interrupted").isTrue();
    }
  }

  @Test
  void featuresReportTheirLargestMagnitude() {
    ByteBuffer pixels = images(3, INPUT);
    Plan plan = new Plan(Precision.FP32, 3, 1, List.of());
    try (FrozenLayers compiled =
            FrozenLayers.of(
                NETWORK, INPUT, () -> new FormulaWeights(NETWORK, 1), Device.cpu(), plan);
        NDManager manager = NDManager.newBaseManager()) {
      float[] values = compiled.forward(manager, pixels.duplicate(), 3).toFloatArray();
      float largest =
          (float)
              IntStream.range(0, values.length)
                  .mapToDouble(i -> Math.abs(values[i]))
                  .max()
                  .orElseThrow();
      FeatureRows full = compiled.features(manager, pixels.duplicate(), 3, TensorType.F32);
      assertThat(FrozenLayersFixture.floats(full, TensorType.F32))
          .isEqualTo(FloatBuffer.wrap(values));
      assertThat(full.largest()).isEqualTo(largest);
      FeatureRows half = compiled.features(manager, pixels.duplicate(), 3, TensorType.F16);
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
}

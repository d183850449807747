package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.images;
import static io.graft.backbone.WorkersFixture.INPUT;
import static io.graft.backbone.WorkersFixture.await;
import static io.graft.backbone.WorkersFixture.cpus;
import static io.graft.backbone.WorkersFixture.layers;
import static io.graft.backbone.WorkersFixture.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Devices with too little memory for a batch. */
@Timeout(60)
class OutOfMemoryTest {

  private static final String CUDA_OUT_OF_MEMORY =
      "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB";

  private final List<String> notes = new ArrayList<>();

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void outOfMemoryHalvesTheMicroBatchAndContinues() {
    ByteBuffer pixels = images(22, INPUT);
    float[] expected;
    try (FrozenLayers whole = layers(cpus(1), 8, (replica, rows) -> {})) {
      expected = run(whole, pixels, 22, 8, notes::add);
    }
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenLayers small =
        layers(
            cpus(1),
            8,
            (replica, rows) -> {
              sizes.add(rows);
              if (rows > 3) {
                throw new EngineException(CUDA_OUT_OF_MEMORY);
              }
            })) {
      assertThat(run(small, pixels, 22, 8, notes::add)).isEqualTo(expected);
    }
    assertThat(sizes).startsWith(8, 4, 2).hasSize(13).endsWith(2, 2, 2);
    assertThat(sizes.subList(2, 13)).allMatch(size -> size == 2);
    assertThat(notes)
        .containsExactly(
            "cpu has too little memory for 8 images at once: from now on it computes 4 at a time.",
            "cpu has too little memory for 4 images at once: from now on it computes 2 at a time.");
  }

  @Test
  void twoWorkersOutOfMemoryAtOnceHalveTheMicroBatchOnce() {
    CyclicBarrier both = new CyclicBarrier(2);
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenLayers gpu =
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
      run(gpu, images(16, INPUT), 16, 8, notes::add);
    }
    assertThat(sizes).containsExactlyInAnyOrder(8, 8, 4, 4, 4, 4);
    assertThat(notes).singleElement().asString().contains("cuda:0", "from now on it computes 4");
  }

  @Test
  void throwsDeviceExceptionIfOneImageDoesNotFit() {
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenLayers none =
        layers(
            List.of(Device.gpu(0)),
            4,
            (replica, rows) -> {
              sizes.add(rows);
              throw new EngineException(CUDA_OUT_OF_MEMORY);
            })) {
      assertThatThrownBy(() -> run(none, images(4, INPUT), 4, 4, notes::add))
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll(
              "cuda:0 has too little memory for a single image",
              "2.00 GiB",
              "choose another device, such as cpu");
    }
    assertThat(sizes).containsExactly(4, 2, 1);
  }

  @Test
  void recognisesLibtorchsOutOfMemoryMessages() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      assertThatThrownBy(() -> manager.create(new Shape(1L << 50), DataType.FLOAT32))
          .isInstanceOfSatisfying(
              EngineException.class,
              e -> assertThat(DeviceFailures.isOutOfMemory(e)).as(e.getMessage()).isTrue());
    }
    for (String message :
        List.of(
            CUDA_OUT_OF_MEMORY,
            "CUDA error: out of memory",
            "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.")) {
      assertThat(DeviceFailures.isOutOfMemory(new EngineException(message))).as(message).isTrue();
    }
    EngineException dead = new EngineException("CUDA error: unspecified launch failure");
    assertThat(DeviceFailures.isOutOfMemory(dead)).isFalse();
    assertThat(DeviceFailures.isOfDevice(dead)).isTrue();
    EngineException other = new EngineException("Unknown builtin op: mkldnn::_nothing");
    assertThat(DeviceFailures.isOfDevice(other)).isFalse();
  }
}

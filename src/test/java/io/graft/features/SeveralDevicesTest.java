package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import io.graft.GoldenTensors;
import io.graft.backbone.FailingLayers;
import io.graft.backbone.FrozenLayers;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.image.InputSpec;
import io.graft.runtime.DeviceException;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.testing.ArrayTensors;
import io.graft.testing.TestPictures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests extraction on several devices, simulated by the CPU, and on devices that fail. */
@Timeout(60)
class SeveralDevicesTest {

  private static final int IMAGES = 23;

  @TempDir Path folder;
  private final StoreFixture fixture = new StoreFixture();
  private LabeledImages images;

  @BeforeEach
  void writeImages() {
    for (int i = 0; i < IMAGES; i++) {
      TestPictures.write(
          folder.resolve("images").resolve(i % 3 == 0 ? "b" : "a").resolve(i + ".png"), i, 10 * i);
    }
    images = ImageFolder.open(folder.resolve("images"));
    TorchRuntime.load();
  }

  private static FrozenLayers layers(int devices, int microBatch, FailingLayers.Before before) {
    return FailingLayers.on(
        Collections.nCopies(devices, Device.cpu()),
        StoreFixture.SCALE,
        InputSpec.TORCHVISION.withSize(StoreFixture.SIZE),
        new ArrayTensors(
            StoreFixture.SCALE,
            Map.of(
                "scale.weight", new float[] {2, 0, 0, 0, 1, 0, 0, 0, 1},
                "scale.bias", new float[3])),
        microBatch,
        before);
  }

  private FeatureCache cache(String name) {
    return FeatureCache.at(folder.resolve(name));
  }

  @Test
  void twoDevicesGiveTheRowsOfOneDeviceInOrder() throws Exception {
    AtomicInteger batches = new AtomicInteger();
    StoreFixture.Run expected;
    try (FrozenLayers one = layers(1, 4, (replica, rows) -> {})) {
      expected = fixture.run(one, cache("one"), images);
    }
    // The first two batches finish last.
    try (FrozenLayers two =
        layers(
            2,
            2,
            (replica, rows) -> {
              if (batches.incrementAndGet() <= 2) {
                pause();
              }
            })) {
      Path file = folder.resolve("features.safetensors");
      try (Extraction extraction =
          fixture.extractor(two, cache("two")).extractTo(file, images, TensorType.F16, Map.of())) {
        assertThat(extraction.images()).isEqualTo(images.images());
        StoreFixture.requireSameRows(expected, StoreFixture.read(extraction));
      }
      long[] labels = images.images().stream().mapToLong(image -> image.label()).toArray();
      assertThat(GoldenTensors.read(file).longs("labels")).isEqualTo(labels);
    }
  }

  @Test
  void rowsFinishedBeforeADeviceFailsAreKept() {
    for (int devices : new int[] {1, 3}) {
      AtomicInteger batches = new AtomicInteger();
      AtomicInteger finished = new AtomicInteger();
      CountDownLatch dead = new CountDownLatch(1);
      FeatureCache cache = cache("dead" + devices);
      try (FrozenLayers dying =
          layers(
              devices,
              2,
              (replica, rows) -> {
                int number = batches.incrementAndGet();
                if (number == 6) {
                  dead.countDown();
                  throw new EngineException("CUDA error: unspecified launch failure");
                } else if (number > 6) {
                  await(dead);
                }
                finished.addAndGet(rows);
              })) {
        assertThatThrownBy(() -> fixture.run(dying, cache, images))
            .isInstanceOf(DeviceException.class)
            .hasMessageContaining("unspecified launch failure");
      }
      assertThat(finished.get()).isBetween(10, IMAGES - 1);
      try (FrozenLayers healthy = layers(1, 2, (replica, rows) -> {})) {
        StoreFixture.Run run = fixture.run(healthy, cache, images);
        assertThat(run.computed()).isEqualTo(IMAGES - finished.get());
        StoreFixture.requireSameRows(fixture.run(healthy, FeatureCache.off(), images), run);
      }
    }
  }

  @Test
  void outOfMemoryIsReportedAndFinishedRowsAreKept() {
    int[] maxRows = {3};
    FeatureCache cache = cache("short");
    AtomicInteger finished = new AtomicInteger();
    FailingLayers.Before shrinking =
        (replica, rows) -> {
          if (rows > maxRows[0]) {
            throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
          } else if (finished.addAndGet(rows) >= 10) {
            maxRows[0] = 0;
          }
        };
    try (FrozenLayers tight = layers(1, 8, shrinking)) {
      assertThatThrownBy(() -> fixture.run(tight, cache, images))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("too little memory for a single image");
    }
    assertThat(fixture.notes)
        .hasSize(3)
        .first()
        .asString()
        .contains("too little memory for 8 images at once: from now on it computes 4");
    assertThat(fixture.notes.get(2)).contains("it computes 1 at a time");
    try (FrozenLayers healthy = layers(1, 8, (replica, rows) -> {})) {
      assertThat(fixture.run(healthy, cache, images).computed()).isEqualTo(IMAGES - finished.get());
    }
  }

  @Test
  void errorOfAWorkerIsThrownToTheCaller() {
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    try (FrozenLayers two =
        layers(
            2,
            2,
            (replica, rows) -> {
              sizes.add(rows);
              throw new OutOfMemoryError("of a test");
            })) {
      assertThatThrownBy(() -> fixture.run(two, cache("error"), images))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessage("of a test");
    }
    assertThat(sizes).isNotEmpty().hasSizeLessThanOrEqualTo(2);
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
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

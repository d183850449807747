package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.WeightsException;
import io.graft.testing.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files of Keras's give a WeightsException and nothing else. */
class DamagedKerasFileTest {

  private static final int MOST_CHANGES = 8;
  private static final int[] TELLING_BYTES = {0, 1, 2, 0x7f, 0x80, 0xfe, 0xff};

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny_vgg16_keras_legacy.h5",
        "tiny_vgg16_keras2_model.h5",
        "tiny_vgg16_keras3.weights.h5",
        "keras_auto_names.weights.h5",
        "tiny_vgg16.keras"
      })
  void aFileCutShortAnywhereIsRefused(String file, @TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(Golden.path(file));
    Path cut = folder.resolve(file);
    for (int percent = 0; percent < 100; percent++) {
      Files.write(cut, Arrays.copyOf(whole, (int) ((long) whole.length * percent / 100)));
      assertThatThrownBy(() -> WeightFile.open(cut))
          .as(percent + " % of " + file)
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("Expected");
    }
    Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
    assertThatThrownBy(() -> WeightFile.open(cut)).isInstanceOf(WeightsException.class);
  }

  @Property(tries = 300)
  void changedBytesGiveTensorsOrAnError(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = SEEDS[random.nextInt(SEEDS.length)].clone();
    int changes = 1 + random.nextInt(MOST_CHANGES);
    for (int i = 0; i < changes; i++) {
      bytes[random.nextInt(bytes.length)] =
          (byte)
              (random.nextBoolean()
                  ? TELLING_BYTES[random.nextInt(TELLING_BYTES.length)]
                  : random.nextInt(256));
    }
    if (random.nextInt(4) == 0) {
      bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    assertThat(readsOrRefuses(bytes)).isTrue();
  }

  private static final byte[][] SEEDS = {
    golden("keras_float16.h5"),
    golden("keras_batch_norm.weights.h5"),
    golden("keras_cycle.h5"),
    golden("keras_dense_links.h5"),
    golden("keras_epsilon.keras"),
    golden("keras_chunked.weights.h5")
  };

  /** True if the file was read whole or refused; anything else is thrown. */
  private static boolean readsOrRefuses(byte[] bytes) {
    Path file = null;
    try {
      file = Files.createTempFile("damaged", ".h5");
      Files.write(file, bytes);
      try (TensorSource weights = WeightFile.open(file)) {
        for (TensorInfo tensor : weights.tensors().values()) {
          if (tensor.type().isFloatingPoint()) {
            int elements = (int) Math.min(tensor.elements(), 1000);
            weights.readFloat32(tensor.name(), 0, ByteBuffer.allocate(elements * Float.BYTES));
          }
        }
      } catch (WeightsException e) {
        return e.getMessage().contains("Expected") || e.getMessage().contains("expected");
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (file != null) {
        file.toFile().delete();
      }
    }
  }

  private static byte[] golden(String name) {
    try {
      return Files.readAllBytes(Golden.path(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

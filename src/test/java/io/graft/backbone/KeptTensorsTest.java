package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Vgg;
import io.graft.tensors.TensorType;
import io.graft.testing.FormulaWeights;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a module keeps is in libtorch's memory, not in Java's, which is freed and used again. */
class KeptTensorsTest {

  private static final int CONSTANT_BYTES = 3 * Float.BYTES;

  @Test
  void featuresStayTheSameWhenJavasMemoryIsUsedAgain() throws InterruptedException {
    Network whole = Vgg.network("vgg11", new Vgg.Dimensions(32, 4, 16, 10));
    Network network = whole.prefix(whole.indexAfter("block1_pool"));
    InputSpec input = InputSpec.TORCHVISION.withSize(32);
    Plan plan = Plan.exact(Device.cpu());
    try (FrozenLayers layers =
        FrozenLayers.of(network, input, () -> new FormulaWeights(whole, 3), Device.cpu(), plan)) {
      byte[] before = features(layers);
      List<ByteBuffer> later = new ArrayList<>();
      for (int round = 0; round < 5; round++) {
        freeUnusedMemory();
        for (int i = 0; i < 2000; i++) {
          ByteBuffer buffer = ByteBuffer.allocateDirect(CONSTANT_BYTES);
          while (buffer.hasRemaining()) {
            buffer.putFloat(1e9f);
          }
          later.add(buffer);
        }
      }
      assertThat(features(layers)).isEqualTo(before);
      assertThat(later).hasSize(10_000);
    }
  }

  /** Waits until the garbage collector has found an object that nobody uses. */
  private static void freeUnusedMemory() throws InterruptedException {
    ReferenceQueue<Object> found = new ReferenceQueue<>();
    PhantomReference<Object> unused = new PhantomReference<>(new Object(), found);
    do {
      System.gc();
    } while (found.remove(100) != unused);
    // Direct buffers are freed by a thread of the collector.
    Thread.sleep(20);
  }

  private static byte[] features(FrozenLayers layers) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(layers.input().bytes());
    for (int i = 0; pixels.hasRemaining(); i++) {
      pixels.put((byte) (31 * i));
    }
    try (NDManager scratch = layers.manager().newSubManager()) {
      ByteBuffer values = layers.features(scratch, pixels.flip(), 1, TensorType.F32).values();
      byte[] bytes = new byte[values.remaining()];
      values.get(bytes);
      return bytes;
    }
  }
}

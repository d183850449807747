package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import io.graft.weights.keras.TensorView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * Transposes in tiles. Every element of the file is its own index, so a formula gives the order.
 */
class MappedTensorsTest {

  private static final int POSITIONS = 3;
  private static final int INPUTS = 50;
  private static final int OUTPUTS = 2100;
  private static final int SIZE = POSITIONS * INPUTS * OUTPUTS;

  @Test
  void aWholeTensorIsTransposedAndReadOnce() {
    Indices file = new Indices();
    FloatBuffer values = mapped(file).readFloat32("weight").asFloatBuffer();
    assertThat(values.limit()).isEqualTo(SIZE);
    for (int i = 0; i < SIZE; i++) {
      assertThat(values.get(i)).isEqualTo(expected(i));
    }
    assertThat(file.bytesRead).hasValue((long) SIZE * Float.BYTES);
  }

  @Property(tries = 200)
  void aRangeEqualsThatOfTheWholeAndReadsNothingElse(
      @ForAll @IntRange(max = SIZE - 1) int first,
      @ForAll @IntRange(min = 1, max = 5000) int most) {
    int count = Math.min(most, SIZE - first);
    Indices file = new Indices();
    ByteBuffer bytes = ByteBuffer.allocate(8 + count * Float.BYTES).position(8);
    mapped(file).readFloat32("weight", first, bytes);
    assertThat(bytes.hasRemaining()).isFalse();
    FloatBuffer values = bytes.position(8).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    for (int i = 0; i < count; i++) {
      assertThat(values.get(i)).isEqualTo(expected(first + i));
    }
    assertThat(file.bytesRead).hasValue((long) count * Float.BYTES);
  }

  @Test
  void aRangeBeyondTheTensorIsRefused() {
    for (long first : new long[] {-1, SIZE - 1, Long.MAX_VALUE}) {
      assertThatThrownBy(
              () -> mapped(new Indices()).readFloat32("weight", first, ByteBuffer.allocate(8)))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  /** The index in the file, (position, input, output), of an index of (output, input, position). */
  private static float expected(int index) {
    int position = index % POSITIONS;
    int input = index / POSITIONS % INPUTS;
    int output = index / POSITIONS / INPUTS;
    return (position * INPUTS + input) * OUTPUTS + output;
  }

  private static MappedTensors mapped(TensorSource file) {
    TensorView view =
        new TensorView(
            "kernel",
            new Shape(POSITIONS, INPUTS, OUTPUTS),
            new Shape(OUTPUTS, INPUTS, POSITIONS),
            new TensorView.Order(POSITIONS, INPUTS, OUTPUTS),
            0);
    return new MappedTensors(Map.of("weight", view), file);
  }

  /** A tensor whose elements are their own indices, all of which a float32 holds exactly. */
  private static final class Indices implements TensorSource {

    private final AtomicLong bytesRead = new AtomicLong();

    @Override
    public Map<String, TensorInfo> tensors() {
      List<Long> shape = List.of((long) POSITIONS, (long) INPUTS, (long) OUTPUTS);
      return Map.of("kernel", new TensorInfo("kernel", TensorType.F32, shape));
    }

    @Override
    public void readFloat32(String name, long firstElement, ByteBuffer destination) {
      bytesRead.addAndGet(destination.remaining());
      destination.order(ByteOrder.LITTLE_ENDIAN);
      for (long next = firstElement; destination.hasRemaining(); next++) {
        destination.putFloat((float) next);
      }
    }

    @Override
    public String description() {
      return "indices";
    }

    @Override
    public void close() {}
  }
}

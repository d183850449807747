package io.graft.backbone;

import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Map;

/**
 * A tensor source that throws when a tensor has NaN or an infinity. Without this check, damaged
 * weights could give normal-looking features, because oneDNN's fused rectifier turns NaN into 0.
 */
record FiniteTensors(TensorSource source) implements TensorSource {

  private static final int PIECE = 4096;
  private static final int WITHOUT_SIGN = Integer.MAX_VALUE;
  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  @Override
  public Map<String, TensorInfo> tensors() {
    return source.tensors();
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    int start = destination.position();
    source.readFloat32(name, firstElement, destination);
    ByteBuffer read = destination.duplicate().position(start).limit(destination.position());
    IntBuffer bits = read.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    int[] piece = new int[PIECE];
    while (bits.hasRemaining()) {
      int count = Math.min(PIECE, bits.remaining());
      bits.get(piece, 0, count);
      if (largestMagnitude(piece, count) >= INFINITY) {
        throw notFinite(name, piece);
      }
    }
  }

  /** Returns the largest magnitude, as bits. NaN is above infinity. The compiler uses vectors. */
  private static int largestMagnitude(int[] bits, int count) {
    int largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, bits[i] & WITHOUT_SIGN);
    }
    return largest;
  }

  private UnsupportedPrecisionException notFinite(String name, int[] bits) {
    int i = 0;
    while (Float.isFinite(Float.intBitsToFloat(bits[i]))) {
      i++;
    }
    return new UnsupportedPrecisionException(
        ("Tensor '%s' of %s holds %s. Expected finite numbers; the file is damaged or its"
                + " training diverged.")
            .formatted(name, description(), Float.intBitsToFloat(bits[i])));
  }

  @Override
  public String description() {
    return source.description();
  }

  @Override
  public void close() {
    source.close();
  }
}

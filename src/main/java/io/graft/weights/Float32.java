package io.graft.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Conversion of little-endian floating point elements to float32; exact except from float64. */
final class Float32 {

  private Float32() {}

  /**
   * Converts a whole tensor.
   *
   * @param raw little-endian elements of {@code type}, from position to limit
   * @return float32, little-endian, direct, position 0; {@code raw} itself if it is float32 already
   */
  static ByteBuffer from(TensorType type, ByteBuffer raw) {
    if (type == TensorType.F32) {
      return raw;
    }
    int elements = raw.remaining() / type.bytes();
    ByteBuffer converted =
        ByteBuffer.allocateDirect(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer target = converted.asFloatBuffer();
    switch (type) {
      case F16 -> {
        ShortBuffer source = raw.asShortBuffer();
        for (int i = 0; i < elements; i++) {
          target.put(i, halfToFloat(source.get(i)));
        }
      }
      case BF16 -> {
        ShortBuffer source = raw.asShortBuffer();
        for (int i = 0; i < elements; i++) {
          target.put(i, Float.intBitsToFloat(source.get(i) << 16));
        }
      }
      case F64 -> {
        for (int i = 0; i < elements; i++) {
          target.put(i, (float) raw.getDouble(raw.position() + i * Double.BYTES));
        }
      }
      default -> throw new IllegalArgumentException(type + " does not convert to float32");
    }
    return converted;
  }

  /** IEEE 754 binary16 to binary32. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }
}

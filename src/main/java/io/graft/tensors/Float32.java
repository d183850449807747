package io.graft.tensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Converts little-endian floating point elements to float32, exactly except from float64. */
final class Float32 {

  private Float32() {}

  /**
   * Converts elements to float32.
   *
   * @param raw the little-endian elements of {@code type}, from position to limit
   * @param destination the buffer for little-endian float32; its position advances
   */
  static void convert(TensorType type, ByteBuffer raw, ByteBuffer destination) {
    destination.order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case F16 -> {
        while (raw.hasRemaining()) {
          destination.putFloat(halfToFloat(raw.getShort()));
        }
      }
      case BF16 -> {
        while (raw.hasRemaining()) {
          destination.putInt(raw.getShort() << 16);
        }
      }
      case F32 -> destination.put(raw);
      case F64 -> {
        while (raw.hasRemaining()) {
          destination.putFloat((float) raw.getDouble());
        }
      }
      default -> throw new IllegalArgumentException(type + " does not convert to float32");
    }
  }

  /** Converts IEEE 754 binary16 to binary32. */
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

package io.graft.tensors;

/**
 * The element types of a safetensors file, named as its header names them.
 *
 * @see <a href="https://github.com/huggingface/safetensors">safetensors, {@code enum Dtype}</a>
 */
public enum TensorType {
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  BOOL(8),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  F64(64),
  I64(64),
  U64(64),
  C64(64);

  private final int bits;

  TensorType(int bits) {
    this.bits = bits;
  }

  /**
   * Returns the size of one element in bytes.
   *
   * @throws IllegalStateException if several elements share a byte
   */
  public int bytes() {
    if (bits % Byte.SIZE != 0) {
      throw new IllegalStateException(String.format("%s has %s bits", this, bits));
    }
    return bits / Byte.SIZE;
  }

  /**
   * Returns the size of a number of elements in bytes.
   *
   * @throws ArithmeticException if the size does not fit in a long, or is not a whole number of
   *     bytes
   */
  long bytes(long elements) {
    if (bits % Byte.SIZE == 0) {
      return Math.multiplyExact(elements, bits / Byte.SIZE);
    }
    long all = Math.multiplyExact(elements, bits);
    if (all % Byte.SIZE != 0) {
      throw new ArithmeticException(elements + " elements of " + this + " end inside a byte");
    }
    return all / Byte.SIZE;
  }

  /** Returns whether this is a floating point type that weights may have. */
  public boolean isFloatingPoint() {
    return this == F16 || this == BF16 || this == F32 || this == F64;
  }
}

package io.graft.weights;

/**
 * The element types of a safetensors file, named as its header names them; those of whole bytes
 * (the format also knows packed types of 4 and 6 bits, which no published classifier uses).
 *
 * @see <a href="https://github.com/huggingface/safetensors">safetensors, {@code enum Dtype}</a>
 */
public enum TensorType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  F8_E4M3(1),
  F8_E8M0(1),
  F8_E4M3FNUZ(1),
  F8_E5M2FNUZ(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8),
  C64(8);

  private final int bytes;

  TensorType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements convert to float32 without changing their meaning as weights. */
  public boolean isFloatingPoint() {
    return this == F16 || this == BF16 || this == F32 || this == F64;
  }
}

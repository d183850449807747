package io.graft.cuda;

/** The type of the elements that kernels compute with. The names are those in the kernels' text. */
public enum ElementType {
  FLOAT16(2, 75),
  BFLOAT16(2, 80),
  FLOAT32(4, 75);

  private final int bytes;
  private final int leastComputeCapability;

  ElementType(int bytes, int leastComputeCapability) {
    this.bytes = bytes;
    this.leastComputeCapability = leastComputeCapability;
  }

  /** Returns the size of an element. */
  int bytes() {
    return bytes;
  }

  /** Returns the first compute capability for which the kernels compile, such as 80 for 8.0. */
  int leastComputeCapability() {
    return leastComputeCapability;
  }
}

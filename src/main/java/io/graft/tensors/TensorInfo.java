package io.graft.tensors;

import java.util.List;

/**
 * The name, element type and shape of one tensor in a file.
 *
 * @param name the name of the tensor in the file
 * @param type the element type
 * @param shape the dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(String name, TensorType type, List<Long> shape) {

  /** Copies the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /**
   * Returns the number of elements.
   *
   * @throws ArithmeticException if the number does not fit in a long
   */
  public long elements() {
    long product = 1;
    for (long dimension : shape) {
      product = Math.multiplyExact(product, dimension);
    }
    return product;
  }

  /**
   * Returns the size of the elements in bytes.
   *
   * @throws ArithmeticException if the size does not fit in a long, or is not a whole number of
   *     bytes
   */
  public long byteCount() {
    return type.bytes(elements());
  }
}

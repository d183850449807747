package io.graft.weights.keras;

import ai.djl.ndarray.types.Shape;

/**
 * The form in which a file stores one parameter of a network.
 *
 * @param source the tensor's name in the file
 * @param sourceShape the shape that it must have there
 * @param shape the parameter's shape in the network
 * @param order the order of its elements in the file
 * @param addend a number that is added to every element
 */
public record TensorView(String source, Shape sourceShape, Shape shape, Order order, float addend) {

  /**
   * An order of elements. The file's index is (position * inputs + input) * outputs + output; the
   * network's is (output * inputs + input) * positions + position. Positions are those of a kernel
   * or of an image, row by row.
   */
  public record Order(long positions, long inputs, long outputs) {

    /** Returns the number of elements per output. */
    public long rowElements() {
      return Math.multiplyExact(positions, inputs);
    }

    /** Returns the index in the file of an element of output 0, divided by the outputs. */
    public long sourceRow(long element) {
      return element % positions * inputs + element / positions;
    }
  }

  /** Returns a view of a tensor whose elements are in the order of the network. */
  public static TensorView sameOrder(String source, Shape sourceShape, Shape shape) {
    return new TensorView(source, sourceShape, shape, null, 0);
  }
}

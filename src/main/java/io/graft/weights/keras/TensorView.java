package io.graft.weights.keras;

import ai.djl.ndarray.types.Shape;

/**
 * How one parameter of a network lies in a file of another program.
 *
 * @param source the tensor's name in the file
 * @param sourceShape the shape that it must have there
 * @param shape the parameter's shape in the network
 * @param order the order of its elements in the file
 * @param addend what is added to every element
 */
public record TensorView(String source, Shape sourceShape, Shape shape, Order order, float addend) {

  /**
   * An order of elements. The file's index is (position * inputs + input) * outputs + output; the
   * network's is (output * inputs + input) * positions + position. Positions are those of a kernel
   * or of an image, row by row.
   */
  public record Order(long positions, long inputs, long outputs) {

    /** The elements that follow one another in the network for one output. */
    public long rowElements() {
      return Math.multiplyExact(positions, inputs);
    }

    /** Where, in the file, that element of all rows begins: that of output 0. */
    public long sourceRow(long element) {
      return element % positions * inputs + element / positions;
    }
  }

  /** A tensor whose elements are in the network's order, perhaps under another name and shape. */
  public static TensorView sameOrder(String source, Shape sourceShape, Shape shape) {
    return new TensorView(source, sourceShape, shape, null, 0);
  }
}

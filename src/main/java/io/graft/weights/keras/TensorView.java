package io.graft.weights.keras;

import ai.djl.ndarray.types.Shape;

/**
 * The form in which a file stores one parameter of a network.
 *
 * @param source the name of the tensor in the file
 * @param sourceShape the shape that the tensor must have in the file
 * @param shape the shape of the parameter in the network
 * @param order the order of the elements in the file
 * @param addend a number that is added to every element
 */
public record TensorView(String source, Shape sourceShape, Shape shape, Order order, float addend) {

  /**
   * An order of elements. The index in the file is (position * inputs + input) * outputs + output.
   * The index in the network is (output * inputs + input) * positions + position. Positions are
   * those of a kernel or of an image, row by row.
   */
  public record Order(long positions, long inputs, long outputs) {

    /** Returns the number of elements per output. */
    public long rowElements() {
      return Math.multiplyExact(positions, inputs);
    }

    /** Returns the index in the file of an element of output 0, divided by {@code outputs}. */
    public long sourceRow(long element) {
      return element % positions * inputs + element / positions;
    }
  }

  /** Returns a copy of a tensor with another name in the file. */
  public TensorView from(String other) {
    return new TensorView(other, sourceShape, shape, order, addend);
  }

  /** Returns a view of a tensor that has the same order of elements in file and network. */
  public static TensorView sameOrder(String source, Shape sourceShape, Shape shape) {
    return new TensorView(source, sourceShape, shape, null, 0);
  }
}

package io.graft.tensors;

import io.graft.runtime.WeightsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** A source of named tensors, which are read one at a time as float32. */
public interface TensorSource extends AutoCloseable {

  /** Returns the tensors by name, in the order of the source. */
  Map<String, TensorInfo> tensors();

  /**
   * Reads consecutive elements of one tensor in row-major order, converted to float32.
   *
   * @param name a name of {@link #tensors()}
   * @param firstElement the first element to read, counted from 0
   * @param destination filled from its position to its limit with float32 in little-endian order; a
   *     multiple of 4 bytes and no more than the tensor has
   * @throws WeightsException if the tensor is not there, cannot be read or is not of a floating
   *     point type
   */
  void readFloat32(String name, long firstElement, ByteBuffer destination);

  /**
   * Reads one whole tensor of less than 2 GiB as float32.
   *
   * @return a new direct buffer, position 0, row-major float32 in little-endian order
   * @throws WeightsException as {@link #readFloat32(String, long, ByteBuffer)}
   */
  default ByteBuffer readFloat32(String name) {
    TensorInfo tensor = tensors().get(name);
    if (tensor == null) {
      throw new WeightsException(
          String.format(
              "%s has no tensor '%s'. Expected one of its %s names; name a file of the right"
                  + " network.",
              description(), name, tensors().size()));
    }
    long bytes = Math.multiplyExact(tensor.elements(), Float.BYTES);
    ByteBuffer values =
        ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    readFloat32(name, 0, values);
    return values.flip();
  }

  /** Returns where the tensors come from, in one line for messages. */
  String description();

  @Override
  void close();
}

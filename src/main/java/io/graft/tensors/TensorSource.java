package io.graft.tensors;

import io.graft.runtime.WeightsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;

/** A source of named tensors, which are read one at a time as float32. */
public interface TensorSource extends AutoCloseable {

  /** Returns the tensors by name, in the order of the source. */
  Map<String, TensorInfo> tensors();

  /**
   * Reads consecutive elements of one tensor in row-major order, converted to float32.
   *
   * @param name the name of one of the {@link #tensors()}
   * @param firstElement the index of the first element to read, from 0
   * @param destination the buffer to fill from its position to its limit with little-endian
   *     float32; its space is a multiple of 4 bytes and not larger than the rest of the tensor
   * @throws WeightsException if the tensor does not exist, cannot be read or does not have a
   *     floating point type
   */
  void readFloat32(String name, long firstElement, ByteBuffer destination);

  /**
   * Reads one whole tensor of less than 2 GiB as float32.
   *
   * @return a new direct buffer at position 0 with row-major float32 in little-endian order
   * @throws WeightsException for the same reasons as {@link #readFloat32(String, long, ByteBuffer)}
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

  /**
   * Returns a value that another source has only if its tensors are equal: for a file, which file
   * it is and when it was changed. Empty if that is unknown, so that only the tensors themselves
   * can be compared.
   */
  default Optional<String> version() {
    return Optional.empty();
  }

  /** Returns a line for messages that says where the tensors come from. */
  String description();

  @Override
  void close();
}

package io.graft.weights;

import java.nio.ByteBuffer;
import java.util.Map;

/** Tensors by name, read one at a time as float32, wherever they come from. */
public interface TensorSource extends AutoCloseable {

  /** The tensors it holds, by name, in the order in which it holds them. */
  Map<String, TensorInfo> tensors();

  /**
   * Reads one tensor, converted to float32.
   *
   * @param name a name out of {@link #tensors()}
   * @return a direct buffer of its own, position 0, row-major float32 in little-endian order
   * @throws io.graft.runtime.WeightsException if the tensor cannot be read or is not of a floating
   *     point type
   */
  ByteBuffer readFloat32(String name);

  /** One line that says where the tensors come from, for messages. */
  String description();

  @Override
  void close();
}

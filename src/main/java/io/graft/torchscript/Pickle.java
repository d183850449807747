package io.graft.torchscript;

import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Writes a pickle in the subset of protocol 2 that libtorch reads for a module's attributes.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/csrc/jit/serialization/unpickler.cpp">libtorch's
 *     unpickler.cpp</a>
 */
final class Pickle {

  private static final byte PROTO = (byte) 0x80;
  private static final byte NEW_OBJECT = (byte) 0x81;
  private static final byte NEW_TRUE = (byte) 0x88;
  private static final byte NEW_FALSE = (byte) 0x89;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Starts an empty pickle. */
  Pickle() {
    put(PROTO, (byte) 2);
  }

  /**
   * Adds an instance of a class whose {@code __setstate__} takes a tuple. The archive has the
   * source text of the class.
   *
   * @param state the elements of the tuple: each a {@link StoredTensor}, a list of these, a {@code
   *     Boolean}, a {@code Double}, an {@code Integer} or a {@code String}
   */
  Pickle object(String className, List<?> state) {
    global("__torch__", className);
    put((byte) ')', NEW_OBJECT);
    tuple(state);
    put((byte) 'b');
    return this;
  }

  /** Adds a tuple. Its elements have the types that {@link #object} accepts. */
  Pickle tuple(List<?> elements) {
    put((byte) '(');
    elements.forEach(this::value);
    put((byte) 't');
    return this;
  }

  /** Returns the whole pickle. */
  byte[] finish() {
    put((byte) '.');
    return bytes.toByteArray();
  }

  private void value(Object value) {
    if (value instanceof StoredTensor tensor) {
      tensor(tensor);
    } else if (value instanceof List<?> list) {
      // Writes a typed list, because libtorch would read an untyped one as List[Any], and no
      // attribute has that type.
      global("torch.jit._pickle", "build_tensorlist");
      put((byte) '(', (byte) ']', (byte) '(');
      list.forEach(this::value);
      put((byte) 'e', (byte) 't', (byte) 'R');
    } else if (value instanceof Boolean flag) {
      put(flag ? NEW_TRUE : NEW_FALSE);
    } else if (value instanceof Integer number) {
      integer(number);
    } else if (value instanceof Double number) {
      put((byte) 'G');
      bytes.writeBytes(ByteBuffer.allocate(Double.BYTES).putDouble(number).array());
    } else if (value instanceof String text) {
      string(text);
    } else {
      throw new IllegalArgumentException("Cannot pickle " + value);
    }
  }

  private void tensor(StoredTensor tensor) {
    global("torch._utils", "_rebuild_tensor_v2");
    put((byte) '(', (byte) '(');
    string("storage");
    global("torch", "FloatStorage");
    string(Integer.toString(tensor.storage()));
    string("cpu");
    integer(Math.toIntExact(tensor.shape().size()));
    put((byte) 't', (byte) 'Q');
    integer(0);
    dimensions(tensor.shape().getShape());
    dimensions(strides(tensor.shape()));
    put(NEW_FALSE);
    global("collections", "OrderedDict");
    put((byte) ')', (byte) 'R', (byte) 't', (byte) 'R');
  }

  private static long[] strides(Shape shape) {
    long[] strides = new long[shape.dimension()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape.get(i);
    }
    return strides;
  }

  private void dimensions(long[] values) {
    tuple(LongStream.of(values).mapToObj(Math::toIntExact).toList());
  }

  private void global(String module, String name) {
    bytes.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private void integer(int value) {
    put((byte) 'J');
    bytes.writeBytes(little(value));
  }

  private void string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    put((byte) 'X');
    bytes.writeBytes(little(utf8.length));
    bytes.writeBytes(utf8);
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private void put(byte... opcodes) {
    bytes.writeBytes(opcodes);
  }
}

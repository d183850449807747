package io.graft.testing;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Network;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Weights that a test has in arrays, in the order and shapes of a network's parameters. */
public final class ArrayTensors implements TensorSource {

  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, float[]> values;

  /** Weights by torchvision name, row-major. */
  public ArrayTensors(Network network, Map<String, float[]> values) {
    this.values = values;
    network
        .parameterShapes()
        .forEach(
            (name, shape) -> tensors.put(name, new TensorInfo(name, TensorType.F32, list(shape))));
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    FloatBuffer floats = destination.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    floats.put(values.get(name), (int) firstElement, floats.remaining());
    destination.position(destination.limit());
  }

  @Override
  public String description() {
    return "weights of a test";
  }

  @Override
  public void close() {}

  private static java.util.List<Long> list(Shape shape) {
    return Arrays.stream(shape.getShape()).boxed().toList();
  }
}

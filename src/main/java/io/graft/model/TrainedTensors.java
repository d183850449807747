package io.graft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.DurableFiles;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightOrigin;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns the parameters of trained layers into tensors of a file. */
final class TrainedTensors {

  private TrainedTensors() {}

  /**
   * Returns some of a block's parameters.
   *
   * @param type of the tensors, float16 or float32
   */
  static Map<TensorInfo, ByteBuffer> of(
      NetworkBlock block, Collection<String> names, TensorType type) {
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    for (String name : names) {
      NDArray array = block.getParameters().get(name).getArray();
      List<Long> shape = Arrays.stream(array.getShape().getShape()).boxed().toList();
      tensors.put(new TensorInfo(name, type, shape), bytes(array, type));
    }
    return tensors;
  }

  /** Writes the layers of a backbone as a file of weights. */
  static void writeBackbone(Path file, BackboneSpec spec, TensorType type, NetworkBlock block) {
    Map<TensorInfo, ByteBuffer> tensors =
        of(block, spec.network().parameterShapes().keySet(), type);
    DurableFiles.writeFile(
        file,
        temporary -> SafetensorsWriter.write(temporary, WeightOrigin.Own.metadata(spec), tensors));
  }

  private static ByteBuffer bytes(NDArray array, TensorType type) {
    if (type == TensorType.F32) {
      return array.toByteBuffer();
    }
    try (NDArray half = array.toType(DataType.FLOAT16, true)) {
      return half.toByteBuffer();
    }
  }
}

package io.graft.backbone;

import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Tensors that throw when NaN or an infinity is read. oneDNN's fused rectifier turns NaN into 0, so
 * features of damaged weights would look normal.
 */
record FiniteTensors(TensorSource source) implements TensorSource {

  @Override
  public Map<String, TensorInfo> tensors() {
    return source.tensors();
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    int start = destination.position();
    source.readFloat32(name, firstElement, destination);
    ByteBuffer values = destination.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    for (int at = start; at < destination.position(); at += Float.BYTES) {
      float value = values.getFloat(at);
      if (!Float.isFinite(value)) {
        throw new UnsupportedPrecisionException(
            ("Tensor '%s' of %s holds %s. Expected finite numbers; the file is damaged or its"
                    + " training diverged.")
                .formatted(name, description(), value));
      }
    }
  }

  @Override
  public String description() {
    return source.description();
  }

  @Override
  public void close() {
    source.close();
  }
}

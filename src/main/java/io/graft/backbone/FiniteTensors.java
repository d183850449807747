package io.graft.backbone;

import io.graft.runtime.UnsupportedPrecisionException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Tensors that refuse to be read where they hold NaN or an infinity: oneDNN's fused rectifier makes
 * 0 of NaN, so that damaged weights would give features that look sound.
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
            "Tensor '"
                + name
                + "' of "
                + description()
                + " holds "
                + value
                + ". Expected finite numbers; the file is damaged or its training diverged.");
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

package io.graft.tensors;

import io.graft.runtime.WeightsException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors of two sources together. Closing this closes both sources.
 *
 * @param first the source whose tensor is used if both have one of the same name
 */
public record JoinedTensors(TensorSource first, TensorSource second) implements TensorSource {

  @Override
  public Map<String, TensorInfo> tensors() {
    Map<String, TensorInfo> all = new LinkedHashMap<>(second.tensors());
    all.putAll(first.tensors());
    return Collections.unmodifiableMap(all);
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    TensorSource holder = first.tensors().containsKey(name) ? first : second;
    if (!holder.tensors().containsKey(name)) {
      throw new WeightsException(String.format("No tensor '%s' in %s.", name, description()));
    }
    holder.readFloat32(name, firstElement, destination);
  }

  @Override
  public String description() {
    return first.description() + " and " + second.description();
  }

  @Override
  public void close() {
    try (second) {
      first.close();
    }
  }
}

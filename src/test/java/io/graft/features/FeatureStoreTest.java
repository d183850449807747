package io.graft.features;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.BadDataException;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureStoreTest {

  @TempDir Path folder;

  @Test
  void refusesFilesThatAreNotFeatureFiles() throws IOException {
    TensorInfo features = new TensorInfo("features", TensorType.F16, List.of(2L, 3L));
    TensorInfo labels = new TensorInfo("labels", TensorType.I64, List.of(2L));
    refuses("expected features", Map.of(labels, 16));
    refuses(
        "expected features",
        Map.of(features, 12, new TensorInfo("labels", TensorType.I64, List.of(3L)), 24));
    refuses(
        "expected features",
        Map.of(features, 12, new TensorInfo("labels", TensorType.I32, List.of(2L)), 8));
    refuses(
        "expected features",
        Map.of(new TensorInfo("features", TensorType.I16, List.of(2L, 3L)), 12, labels, 16));
    Path file = folder.resolve("store.safetensors");
    ByteBuffer negative =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(0).putLong(-1).flip();
    SafetensorsWriter.write(
        file, Map.of(), Map.of(features, ByteBuffer.allocate(12), labels, negative));
    assertThatThrownBy(() -> FeatureStore.open(file))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("label -1", "row 1");
  }

  private void refuses(String fault, Map<TensorInfo, Integer> tensors) throws IOException {
    Path file = folder.resolve("store.safetensors");
    Map<TensorInfo, ByteBuffer> zeros = new LinkedHashMap<>();
    tensors.forEach((info, bytes) -> zeros.put(info, ByteBuffer.allocate(bytes)));
    SafetensorsWriter.write(file, Map.of(), zeros);
    assertThatThrownBy(() -> FeatureStore.open(file))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(file.toString(), fault);
  }
}

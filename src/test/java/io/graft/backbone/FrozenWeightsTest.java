package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrozenWeightsTest {

  private static final Network NETWORK =
      new Network(
          "linear", new Shape(2), List.of(new NamedLayer("fc", "fc", new Layer.Linear(2, 2))));
  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

  @TempDir Path folder;

  private final List<String> read = new ArrayList<>();

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  private Path write(float first, Instant changed) throws IOException {
    String header =
        "{\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
            + "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}";
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length() + 24).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    for (float value : new float[] {first, 2, 3, 4, 5, 6}) {
      bytes.putFloat(value);
    }
    Path file = Files.write(folder.resolve("weights.safetensors"), bytes.array());
    return Files.setLastModifiedTime(file, FileTime.from(changed));
  }

  /** Returns weights that record which tensors are read. */
  private FrozenWeights weights(Path file) {
    return FrozenWeights.of(NETWORK, () -> new Recorded(SafetensorsFile.open(file), read));
  }

  @Test
  void anUnchangedFileIsNotReadForTheCheck() throws IOException {
    FrozenWeights weights = weights(write(1, LONG_AGO));
    assertThat(read).containsExactly("fc.weight", "fc.bias");
    weights.open(NETWORK).close();
    assertThat(read).hasSize(2);
  }

  @Test
  void aFileThatWasJustWrittenIsReadForTheCheck() throws IOException {
    FrozenWeights weights = weights(write(1, Instant.now()));
    weights.open(NETWORK).close();
    assertThat(read).hasSize(4);
  }

  @Test
  void aFileThatWasWrittenAgainWithTheSameValuesIsReadAndOpened() throws IOException {
    FrozenWeights weights = weights(write(1, LONG_AGO));
    write(1, LONG_AGO.plusSeconds(1));
    weights.open(NETWORK).close();
    assertThat(read).hasSize(4);
  }

  @Test
  void changedValuesAreRefused() throws IOException {
    FrozenWeights weights = weights(write(1, LONG_AGO));
    write(7, LONG_AGO.plusSeconds(1));
    assertThatThrownBy(() -> weights.open(NETWORK))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("changed while it was in use", weights.digest());
  }

  private record Recorded(TensorSource source, List<String> read) implements TensorSource {
    @Override
    public Map<String, TensorInfo> tensors() {
      return source.tensors();
    }

    @Override
    public void readFloat32(String name, long firstElement, ByteBuffer destination) {
      read.add(name);
      source.readFloat32(name, firstElement, destination);
    }

    @Override
    public Optional<String> version() {
      return source.version();
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
}

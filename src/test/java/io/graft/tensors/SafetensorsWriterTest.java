package io.graft.tensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

  private static final String AWKWARD = "a \"name\"\n\\ \u4e2d " + Character.toString(0x1F33B);

  private static final Set<TensorType> PACKED =
      EnumSet.of(TensorType.F4, TensorType.F6_E2M3, TensorType.F6_E3M2);

  @TempDir Path folder;

  @Property(tries = 100)
  void writtenFilesAreReadBackByGraftAndByAnotherReader(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    List<TensorType> types = List.of(TensorType.values());
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      TensorType type = types.get(random.nextInt(types.size()));
      List<Long> shape = new ArrayList<>();
      random.longs(random.nextInt(4), 0, 4).forEach(shape::add);
      if (PACKED.contains(type)) {
        // Four elements of four or six bits are whole bytes.
        shape.add(4L);
      }
      TensorInfo info = new TensorInfo(AWKWARD + i, type, shape);
      byte[] bytes = new byte[Math.toIntExact(info.byteCount())];
      random.nextBytes(bytes);
      tensors.put(info, ByteBuffer.wrap(bytes));
    }
    Map<String, String> metadata = random.nextBoolean() ? Map.of() : Map.of(AWKWARD, AWKWARD);
    Path path = Files.createTempFile("graft-test-", ".safetensors");
    try {
      SafetensorsWriter.write(path, metadata, tensors);
      GoldenTensors independent = GoldenTensors.read(path);
      try (SafetensorsFile ours = SafetensorsFile.open(path)) {
        assertThat(ours.metadata()).isEqualTo(metadata);
        assertThat(ours.tensors().values()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
        for (Map.Entry<TensorInfo, ByteBuffer> tensor : tensors.entrySet()) {
          String name = tensor.getKey().name();
          ByteBuffer read = ByteBuffer.allocate(tensor.getValue().capacity());
          ours.read(name, 0, read);
          assertThat(read.array()).isEqualTo(tensor.getValue().array());
          assertThat(independent.bytes(name)).isEqualTo(tensor.getValue().array());
        }
      }
      byte[] file = Files.readAllBytes(path);
      assertThat(file[0] & 7).as("the data begins at a multiple of 8 bytes").isZero();
    } finally {
      Files.delete(path);
    }
  }

  @Test
  void acceptsFewerRowsThanReserved() throws IOException {
    Path path = folder.resolve("rows.safetensors");
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            path, Map.of("paths", "[\"a\",\"b\",\"c\"]"), List.of(rows(1_000_000)))) {
      writer.append(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
      writer.append(ByteBuffer.wrap(new byte[] {5, 6, 7, 8}));
      writer.finish(Map.of("paths", "[\"a\"]"), List.of(rows(2)));
    }
    assertThat(GoldenTensors.read(path).bytes("features")).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.tensors().get("features").shape()).containsExactly(2L, 1L);
      assertThat(file.metadata()).containsEntry("paths", "[\"a\"]");
    }
  }

  @Test
  void refusesAHeaderThatDoesNotMatchTheBytes() throws IOException {
    Path path = folder.resolve("rows.safetensors");
    try (SafetensorsWriter writer = SafetensorsWriter.create(path, Map.of(), List.of(rows(9)))) {
      writer.append(ByteBuffer.wrap(new byte[8]));
      assertThatThrownBy(() -> writer.finish(Map.of(), List.of(rows(3))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("12 bytes", "8 were written");
      assertThatThrownBy(() -> writer.finish(Map.of("paths", "x".repeat(99)), List.of(rows(2))))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(io.graft.runtime.WeightsException.class);
  }

  @Test
  void refusesAHeaderTooLongToBeRead() {
    Path path = folder.resolve("long.safetensors");
    assertThatThrownBy(
            () ->
                SafetensorsWriter.create(
                    path, Map.of("paths", "x".repeat(16 << 20)), List.of(rows(1))))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("at most 16777216");
    assertThat(path).doesNotExist();
  }

  private static TensorInfo rows(long count) {
    return new TensorInfo("features", TensorType.F32, List.of(count, 1L));
  }
}

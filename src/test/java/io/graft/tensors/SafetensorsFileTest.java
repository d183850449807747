package io.graft.tensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.runtime.WeightsException;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads files that make_dtypes.py wrote with Python's safetensors library. */
class SafetensorsFileTest {

  private static final Path EVERY_DTYPE = Fixtures.path("every_dtype.safetensors");

  private final GoldenTensors golden = GoldenTensors.open("/golden/every_dtype.safetensors");

  @TempDir Path folder;

  @Test
  void readsEveryTypeThatTheLibraryWrites() {
    try (SafetensorsFile file = SafetensorsFile.open(EVERY_DTYPE)) {
      assertThat(file.tensors().keySet()).containsExactlyInAnyOrderElementsOf(golden.names());
      for (TensorInfo info : file.tensors().values()) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(info.byteCount()));
        file.read(info.name(), 0, bytes);
        assertThat(bytes.array()).as(info.name()).isEqualTo(golden.bytes(info.name()));
        assertThat(info.shape().stream().mapToLong(Long::longValue).toArray())
            .as(info.name())
            .isEqualTo(golden.shape(info.name()));
      }
      assertThat(file.tensors().values().stream().map(TensorInfo::type))
          .contains(
              TensorType.BOOL,
              TensorType.U8,
              TensorType.I8,
              TensorType.F8_E5M2,
              TensorType.F8_E4M3,
              TensorType.F8_E4M3FNUZ,
              TensorType.F8_E5M2FNUZ,
              TensorType.I16,
              TensorType.U16,
              TensorType.F16,
              TensorType.BF16,
              TensorType.I32,
              TensorType.U32,
              TensorType.F32,
              TensorType.F64,
              TensorType.I64,
              TensorType.U64,
              TensorType.C64);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "bf16", "f64"})
  void convertsToFloat32AsPyTorchDoes(String name) {
    float[] expected = golden.floats(name + ".float32");
    try (SafetensorsFile file = SafetensorsFile.open(EVERY_DTYPE)) {
      ByteBuffer values = file.readFloat32(name);
      assertThat(values.isDirect()).isTrue();
      assertThat(values.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(values.remaining()).isEqualTo(expected.length * Float.BYTES);
      for (int i = 0; i < expected.length; i++) {
        // Bits must be equal, so -0 differs from 0. Only the payload of NaN may differ.
        assertThat(Float.floatToIntBits(values.getFloat(i * Float.BYTES)))
            .as(name + " " + i)
            .isEqualTo(Float.floatToIntBits(expected[i]));
      }
    }
  }

  @Test
  void everyFloat16IsConvertedByItsDefinition() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      int exponent = bits >> 10 & 31;
      double fraction = (bits & 1023) / 1024.0;
      double magnitude =
          exponent == 31
              ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
              : exponent == 0
                  ? fraction * Math.pow(2, -14)
                  : (1 + fraction) * Math.pow(2, exponent - 15);
      float expected = (float) (bits < 1 << 15 ? magnitude : -magnitude);
      assertThat(Float.floatToIntBits(Float32.halfToFloat((short) bits)))
          .as(Integer.toHexString(bits))
          .isEqualTo(Float.floatToIntBits(expected));
    }
  }

  /**
   * The sizes that safetensors 0.8.0's {@code deserialize} accepts; its {@code save} writes none.
   */
  @ParameterizedTest
  @CsvSource({"F4, 16, 8", "F6_E2M3, 4, 3", "F6_E3M2, 8, 6", "F8_E8M0, 5, 5"})
  void readsTypesThatArePackedIntoPartsOfBytes(String type, long elements, int bytes)
      throws IOException {
    byte[] data = Arrays.copyOf(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, bytes);
    Path path = write(type, elements, bytes);
    Files.write(path, data, StandardOpenOption.APPEND);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.tensors().get("a"))
          .isEqualTo(new TensorInfo("a", TensorType.valueOf(type), List.of(elements)));
      ByteBuffer read = ByteBuffer.allocate(bytes);
      file.read("a", 0, read);
      assertThat(read.array()).isEqualTo(data);
      assertThatThrownBy(() -> file.readFloat32("a"))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll("'a'", type, "F32, F16, BF16 or F64");
    }
  }

  @Test
  void readsPastTwoGibibytes() throws IOException {
    long elements = (1L << 29) + 2;
    Path path = write("F32", elements, elements * Float.BYTES);
    ByteBuffer last = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      // The skipped part takes no space on file systems with sparse files.
      channel.write(last.putFloat(0, 1.5f), channel.size() + (elements - 1) * Float.BYTES);
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      ByteBuffer read = ByteBuffer.allocate(2 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      file.readFloat32("a", elements - 2, read);
      assertThat(read.getFloat(0)).isZero();
      assertThat(read.getFloat(Float.BYTES)).isEqualTo(1.5f);
    }
  }

  private Path write(String type, long elements, long bytes) throws IOException {
    String header =
        """
        {"a":{"dtype":"%s","shape":[%d],"data_offsets":[0,%d]}}\
        """
            .formatted(type, elements, bytes);
    ByteBuffer head =
        ByteBuffer.allocate(Long.BYTES + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    return Files.write(folder.resolve("written.safetensors"), head.array());
  }

  @Test
  void readsMetadataScalarsAndEmptyTensors() {
    try (SafetensorsFile file = SafetensorsFile.open(EVERY_DTYPE)) {
      assertThat(file.metadata())
          .containsOnlyKeys("plain", "awkward", "")
          .containsEntry(
              "awkward",
              "line\nbreak \"quoted\" \\ \u00e9 \u4e2d " + Character.toString(0x1F33B) + " \0")
          .containsEntry("", "empty key");
      assertThat(file.tensors().get("scalar").shape()).isEmpty();
      assertThat(file.readFloat32("scalar").getFloat()).isEqualTo(2.5f);
      assertThat(file.tensors().get("empty").shape()).containsExactly(3L, 0L, 2L);
      assertThat(file.readFloat32("empty").remaining()).isZero();
      assertThat(file.readFloat32("empty_scalarless").remaining()).isZero();
      assertThat(file.path()).isEqualTo(EVERY_DTYPE);
      assertThat(file.description()).isEqualTo(EVERY_DTYPE.toString());
    }
  }

  @Test
  void readsPartsAndRefusesRangesOutsideTheTensor() {
    try (SafetensorsFile file = SafetensorsFile.open(EVERY_DTYPE)) {
      byte[] whole = golden.bytes("int64");
      ByteBuffer part = ByteBuffer.allocate(9);
      file.read("int64", 3, part);
      assertThat(part.array()).isEqualTo(Arrays.copyOfRange(whole, 3, 12));
      for (long offset : new long[] {-1, whole.length - 8L, Long.MAX_VALUE, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> file.read("int64", offset, ByteBuffer.allocate(9)))
            .isInstanceOf(WeightsException.class)
            .hasMessageContainingAll("'int64'", "has 40 bytes", Long.toString(offset));
      }
    }
  }

  @Test
  void refusesATensorThatIsMissingOrNotOfFloats() {
    try (SafetensorsFile file = SafetensorsFile.open(EVERY_DTYPE)) {
      assertThatThrownBy(() -> file.readFloat32("features.0.weight"))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll("'features.0.weight'", EVERY_DTYPE.toString());
      for (String name : List.of("int32", "bool", "complex64", "float8_e4m3fn")) {
        assertThatThrownBy(() -> file.readFloat32(name))
            .isInstanceOf(WeightsException.class)
            .hasMessageContainingAll("'" + name + "'", "F32, F16, BF16 or F64");
      }
    }
  }

  @Test
  void severalThreadsReadAtOnce() {
    try (SafetensorsFile file = SafetensorsFile.open(EVERY_DTYPE)) {
      boolean equal =
          IntStream.range(0, 2000)
              .parallel()
              .allMatch(
                  i -> {
                    String name = golden.names().get(i % golden.names().size());
                    byte[] expected = golden.bytes(name);
                    ByteBuffer actual = ByteBuffer.allocate(expected.length);
                    file.read(name, 0, actual);
                    return java.util.Arrays.equals(actual.array(), expected);
                  });
      assertThat(equal).isTrue();
    }
  }

  @Test
  void namesAFileThatCannotBeOpened() {
    Path missing = folder.resolve("missing.safetensors");
    assertThatThrownBy(() -> SafetensorsFile.open(missing))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(missing.toString(), "there is no");
    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(folder.toString());
  }

  @Test
  void reportsAFileThatShrinksWhileItIsOpen() throws IOException {
    Path copy = Files.copy(EVERY_DTYPE, folder.resolve("copy.safetensors"));
    try (SafetensorsFile file = SafetensorsFile.open(copy)) {
      Files.write(copy, new byte[16]);
      assertThatThrownBy(() -> file.readFloat32("f64"))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("became shorter");
    }
  }

  @Test
  void convertsTensorsLargerThanOnePiece() throws IOException {
    int elements = 300_000;
    byte[] header =
        ("{\"t\":{\"dtype\":\"F64\",\"shape\":["
                + elements
                + "],\"data_offsets\":[0,"
                + elements * Double.BYTES
                + "]}}")
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + header.length + elements * Double.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length).put(header);
    for (int i = 0; i < elements; i++) {
      bytes.putDouble(i / 8.0);
    }
    Path path = folder.resolve("wide.safetensors");
    Files.write(path, bytes.array());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      ByteBuffer values = ByteBuffer.allocate((elements - 7) * Float.BYTES);
      file.readFloat32("t", 7, values);
      values.flip();
      for (int i = 7; i < elements; i++) {
        assertThat(values.getFloat()).isEqualTo(i / 8f);
      }
    }
  }
}

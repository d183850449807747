package io.graft.weights.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expects the values that PyTorch read in golden/make_golden.py and pytorch/make_pytorch.py. */
class PyTorchCheckpointTest {

  private static final GoldenTensors EXPECTED = GoldenTensors.open("/pytorch/expected.safetensors");

  static List<Path> files() {
    return PyTorchFiles.good();
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip", "legacy"})
  void readsTheGoldenFiles(String form) {
    GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg16_torchvision.safetensors");
    Path path = PyTorchFiles.resource("/golden/tiny_vgg16_" + form + ".pth");
    try (PyTorchCheckpoint file = PyTorchCheckpoint.open(path)) {
      assertThat(file.tensors().keySet()).containsExactlyInAnyOrderElementsOf(golden.names());
      assertThat(file.tensors()).hasSize(32);
      assertThat(file.tensors().keySet()).startsWith("features.0.weight", "features.0.bias");
      for (TensorInfo info : file.tensors().values()) {
        assertThat(info.type()).isEqualTo(TensorType.F32);
        assertThat(shape(info)).isEqualTo(golden.shape(info.name()));
        assertThat(all(file, info.name())).isEqualTo(golden.floats(info.name()));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void readsWhatPyTorchReads(Path path) {
    String prefix = path.getFileName().toString().replaceFirst("\\.pth?$", "") + "/";
    List<String> names =
        EXPECTED.names().stream()
            .filter(name -> name.startsWith(prefix))
            .map(name -> name.substring(prefix.length()))
            .toList();
    assertThat(names).isNotEmpty();
    try (PyTorchCheckpoint file = PyTorchCheckpoint.open(path)) {
      assertThat(file.tensors().keySet()).containsExactlyInAnyOrderElementsOf(names);
      for (TensorInfo info : file.tensors().values()) {
        assertThat(shape(info)).as(info.name()).isEqualTo(EXPECTED.shape(prefix + info.name()));
        if (info.type().isFloatingPoint()) {
          float[] expected = EXPECTED.floats(prefix + info.name());
          assertThat(all(file, info.name())).as(info.name()).isEqualTo(expected);
          readsEveryRange(file, info, expected);
        }
      }
    }
  }

  private static void readsEveryRange(PyTorchCheckpoint file, TensorInfo info, float[] expected) {
    for (int first = 0; first <= expected.length; first += 1 + expected.length / 12) {
      for (int count : new int[] {0, 1, 3, expected.length - first}) {
        if (first + count <= expected.length) {
          ByteBuffer piece = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.BIG_ENDIAN);
          file.readFloat32(info.name(), first, piece);
          assertThat(floats(piece.flip()))
              .as(info.name())
              .isEqualTo(Arrays.copyOfRange(expected, first, first + count));
        }
      }
    }
  }

  @Test
  void readsEveryElementType() {
    Map<String, TensorType> types =
        Map.of(
            "float32", TensorType.F32,
            "float64", TensorType.F64,
            "float16", TensorType.F16,
            "bfloat16", TensorType.BF16,
            "int64", TensorType.I64,
            "int32", TensorType.I32,
            "int16", TensorType.I16,
            "int8", TensorType.I8,
            "uint8", TensorType.U8,
            "bool", TensorType.BOOL);
    try (PyTorchCheckpoint file = open("/pytorch/dtypes_zip.pth")) {
      assertThat(file.tensors()).hasSameSizeAs(types);
      types.forEach((name, type) -> assertThat(file.tensors().get(name).type()).isEqualTo(type));
    }
  }

  @Test
  void refusesIntegersAsWeights() {
    try (PyTorchCheckpoint file = open("/pytorch/dtypes_zip.pth")) {
      assertThatThrownBy(() -> file.readFloat32("int64", 0, ByteBuffer.allocate(4)))
          .isInstanceOf(WeightsException.class)
          .hasMessageContainingAll("'int64'", "I64", "expected in F32");
    }
  }

  @Test
  void refusesRangesOutsideOfATensor() {
    try (PyTorchCheckpoint file = open("/pytorch/views_zip.pth")) {
      for (long first : new long[] {-1, 11, 12, Long.MAX_VALUE, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> file.readFloat32("offset", first, ByteBuffer.allocate(8)))
            .isInstanceOf(WeightsException.class)
            .hasMessageContainingAll("'offset'", "12 elements", "element " + first);
      }
      assertThatThrownBy(() -> file.readFloat32("none", 0, ByteBuffer.allocate(8)))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("No tensor 'none'");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"transposed", "whole", "half_transposed"})
  void reportsAFileThatShrinksAfterOpening(String tensor) throws IOException {
    Path copy = Files.createTempFile("shrinks", ".pth");
    Files.copy(
        PyTorchFiles.resource("/pytorch/views_zip.pth"),
        copy,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (PyTorchCheckpoint file = PyTorchCheckpoint.open(copy)) {
      Files.write(copy, new byte[100]);
      assertThatThrownBy(() -> file.readFloat32(tensor))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("became shorter");
    } finally {
      Files.delete(copy);
    }
  }

  @Test
  void namesTheFaultOfOtherFiles() {
    assertThatThrownBy(() -> open("/golden/tiny_vgg16_torchvision.safetensors"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(
            "neither as a zip archive nor with the magic number", "torch.save");
    assertThatThrownBy(() -> PyTorchCheckpoint.open(Path.of("no-such-file.pth")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("Cannot read", "there is no no-such-file.pth", "PyTorch file");
  }

  private static PyTorchCheckpoint open(String resource) {
    return PyTorchCheckpoint.open(PyTorchFiles.resource(resource));
  }

  private static long[] shape(TensorInfo info) {
    return info.shape().stream().mapToLong(Long::longValue).toArray();
  }

  private static float[] all(TensorSource file, String name) {
    return floats(file.readFloat32(name));
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}

package io.graft.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.runtime.Sha256;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads, writes and digests parameter arrays in pieces. */
class ParameterArraysTest {

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @Test
  void writingToAPieceChangesTheArray() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.create(new Shape(5, 3), DataType.FLOAT32);
      List<Long> sizes = new ArrayList<>();
      ParameterArrays.forEachPiece(
          array,
          6,
          (first, piece) -> {
            sizes.add(piece.size());
            ByteBuffer bytes = piece.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < piece.size(); i++) {
              bytes.putFloat((float) (first + i));
            }
          });
      assertThat(sizes).containsExactly(6L, 6L, 3L);
      assertThat(array.toFloatArray())
          .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
    }
  }

  @Test
  void readsATensorInPiecesAndInOrder() {
    float[] values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    Network one =
        new Network("one", new Shape(5), List.of(new NamedLayer("l", "l", new Layer.Linear(5, 3))));
    ArrayTensors weights = new ArrayTensors(one, Map.of("l.weight", values));
    List<float[]> pieces = new ArrayList<>();
    ParameterArrays.forEachPiece(
        weights,
        "l.weight",
        new Shape(3, 5),
        10,
        piece -> {
          float[] read = new float[piece.remaining() / Float.BYTES];
          piece.asFloatBuffer().get(read);
          pieces.add(read);
        });
    assertThat(pieces)
        .containsExactly(Arrays.copyOf(values, 10), Arrays.copyOfRange(values, 10, 15));
  }

  @ParameterizedTest
  @CsvSource({"7, 6", "6, 6", "5, 3", "2, 2", "100, 15"})
  void piecesHoldWholeOutputsIfOneFits(long most, long expected) {
    assertThat(ParameterArrays.pieceElements(new Shape(5, 3), most)).isEqualTo(expected);
  }

  @Test
  void digestsTheLittleEndianBytes() {
    float[] values = {1.5f, -2, 0, Float.MIN_VALUE, 3e38f, -0f};
    ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Network one =
        new Network("one", new Shape(3), List.of(new NamedLayer("l", "l", new Layer.Linear(3, 2))));
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array =
          ParameterArrays.read(
              manager,
              new ArrayTensors(one, Map.of("l.weight", values)),
              "l.weight",
              new Shape(2, 3));
      assertThat(array.getShape()).isEqualTo(new Shape(2, 3));
      assertThat(array.toFloatArray()).containsExactly(values);
      Sha256 digest = new Sha256();
      ParameterArrays.addTo(digest, array);
      assertThat(digest.hex()).isEqualTo(Sha256.of(bytes.array()));
    }
  }

  @Test
  void digestOfPartsDependsOnEveryPart() throws Exception {
    int elements = (4 << 20) / Float.BYTES + 1;
    try (NDManager manager = NDManager.newBaseManager()) {
      float[] values = new float[elements];
      values[elements - 1] = 1;
      ByteBuffer bytes = ByteBuffer.allocate(elements * 4).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      MessageDigest parts = MessageDigest.getInstance("SHA-256");
      for (int start = 0; start < bytes.capacity(); start += 2 << 20) {
        int length = Math.min(2 << 20, bytes.capacity() - start);
        parts.update(
            MessageDigest.getInstance("SHA-256")
                .digest(Arrays.copyOfRange(bytes.array(), start, start + length)));
      }
      Sha256 digest = new Sha256();
      ParameterArrays.addPartsTo(digest, manager.create(values));
      assertThat(digest.bytes()).isEqualTo(parts.digest());
    }
  }
}

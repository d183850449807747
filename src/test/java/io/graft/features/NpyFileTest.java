package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.tensors.TensorType;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares NumPy files with those that {@code numpy.save} writes (make_npy.py). */
class NpyFileTest {

  private static final Map<String, TensorType> TYPES =
      Map.of("<f2", TensorType.F16, "<f4", TensorType.F32, "<i8", TensorType.I64);

  @TempDir Path folder;

  @Test
  void bytesAreThoseOfNumpy() throws IOException {
    JsonArray cases =
        JsonParser.parseString(Files.readString(Fixtures.path("npy.json"))).getAsJsonArray();
    assertThat(cases).hasSize(4);
    for (JsonElement element : cases) {
      JsonObject one = element.getAsJsonObject();
      List<Long> shape =
          one.getAsJsonArray("shape").asList().stream().map(JsonElement::getAsLong).toList();
      TensorType type = TYPES.get(one.get("dtype").getAsString());
      byte[] data = HexFormat.of().parseHex(one.get("data").getAsString());
      byte[] header = HexFormat.of().parseHex(one.get("header").getAsString());
      Path file = folder.resolve(one.get("dtype").getAsString().substring(1) + shape.size());

      NpyFile.write(file, type, shape, bytes -> bytes.append(ByteBuffer.wrap(data)));

      byte[] written = Files.readAllBytes(file);
      assertThat(Arrays.copyOf(written, header.length)).as(one.toString()).isEqualTo(header);
      assertThat(Arrays.copyOfRange(written, header.length, written.length)).isEqualTo(data);
    }
  }
}

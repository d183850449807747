package io.graft.tensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each file that violates the format is refused with a message that names its fault. */
class MalformedSafetensorsTest {

  private static final String VALID =
      """
      {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
      "b":{"dtype":"F16","shape":[2,1],"data_offsets":[8,12]}}\
      """;

  @TempDir Path folder;

  /** Apostrophes are replaced by quotation marks. Every case has 8 bytes of data. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|"
            + " 'b' begins at byte 0 | overlap",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 'a' begins at byte 4 | hole",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}} | 'a' ends at byte 12 | only 8",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 'a' | [8, 0]",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | needs 8 bytes | [0, 4]",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 bytes after the last | no tensor",
        "{} | 8 bytes after the last | no tensor",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[0],'data_offsets':[8,8]}}|"
            + " 'a' twice | header",
        "{'__metadata__':{},'__metadata__':{},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}"
            + "| '__metadata__' twice | header",
        "{'__metadata__':{'k':'1','k':'2'}} | 'k' twice | metadata",
        "{'__metadata__':{'k':1}} | 'k' is not a text | metadata",
        "{'__metadata__':{'k':{}}} | 'k' is not a text | metadata",
        "{'a':{'dtype':'F32','dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 'dtype' twice |"
            + " 'a'",
        "{'a':{'dtype':'F32','shape':[2],'strides':[1],'data_offsets':[0,8]}} | 'strides' | 'a'",
        "{'a':{'dtype':'F32','shape':[NaN],'data_offsets':[0,8]}} | not JSON | $.a.shape[0]",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 'a' has a number | whole",
        "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}} | 'a' has a number | whole",
        "{'a':{'dtype':'F32','shape':[2e0],'data_offsets':[0,8]}} | 'a' has a number | whole",
        "{'a':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}} | 'a' has a number | whole",
        "{'a':{'dtype':'F32','shape':[null],'data_offsets':[0,8]}} | 'a' has a number | whole",
        "{'a':{'dtype':'F32','shape':[9223372036854775808],'data_offsets':[0,8]}} | safetensors"
            + " form | 9223",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | 'a' | 2^63",
        "{'a':{'dtype':'F32','shape':[4611686018427387904],'data_offsets':[0,8]}} | 'a' | 2^63",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296,0],'data_offsets':[0,0]}} | 'a' | 2^63",
        "{'a':{'dtype':'F4','shape':[15],'data_offsets':[0,8]}} | 'a' | inside a byte",
        "{'a':{'dtype':'F6_E2M3','shape':[9],'data_offsets':[0,7]}} | 'a' | inside a byte",
        "{'a':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}} | 'a' | unknown dtype 'F31'",
        "{'a':{'dtype':'f32','shape':[2],'data_offsets':[0,8]}} | 'a' | unknown dtype 'f32'",
        "{'a':{'dtype':[],'shape':[2],'data_offsets':[0,8]}} | safetensors form | string",
        "{'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}} | safetensors form | BEGIN_ARRAY",
        "{'a':{'dtype':'F32','shape':[2]}} | 'a' | data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}} | 'a' | two data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8,8]}} | 'a' | two data_offsets",
        "{'a':{'shape':[2],'data_offsets':[0,8]}} | 'a' | lacks dtype",
        "{'a':[]} | safetensors form | BEGIN_OBJECT",
        "[] | safetensors form | BEGIN_OBJECT",
        "`  ` | safetensors form | End of input",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} {} | not JSON | header",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},} | not | header",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]} | safetensors form | End of input",
        "{a:{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | not JSON | header",
        "{/**/'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | not JSON | header",
      })
  void refusesAHeaderThatViolatesTheFormat(String json, String fault, String alsoNamed)
      throws IOException {
    Path file = write(json.replace('\'', '"'), new byte[8]);
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(WeightsException.class)
        .hasMessageNotContainingAny("\n", "https:", "JsonReader")
        .hasMessageContainingAll(file.toString(), fault, alsoNamed, "copy or convert it again");
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() throws IOException {
    byte[] json = VALID.getBytes(StandardCharsets.UTF_8);
    json[VALID.indexOf("\"a\"") + 1] = (byte) 0xFF;
    refuses(bytes(json.length, json, new byte[12]), "not UTF-8");
  }

  @Test
  void refusesDeepNestingWithoutExhaustingTheStack() throws IOException {
    for (String open : new String[] {"{\"a\":", "["}) {
      refuses(bytes(open.repeat(1_000_000)), "Not a usable safetensors file");
      refuses(bytes("{\"a\":" + open.repeat(1_000_000)), "Not a usable safetensors file");
      refuses(
          bytes("{\"a\":{\"shape\":" + open.repeat(1_000_000)), "Not a usable safetensors file");
    }
  }

  @Test
  void refusesHeadersLongerThanTheFile() throws IOException {
    for (long claim : new long[] {0, 1, 500, Integer.MAX_VALUE, Long.MAX_VALUE, -1, -4096}) {
      refuses(
          bytes(claim, VALID.getBytes(StandardCharsets.UTF_8), new byte[12]),
          "claim a header of " + Long.toUnsignedString(claim) + " bytes");
    }
  }

  @Test
  void refusesAHeaderOfMoreThanSixteenMebibytes() throws IOException {
    Path file = folder.resolve("long.safetensors");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong((16 << 20) + 1).array());
      sparse.setLength(64L << 20);
    }
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("16777217 bytes", "at most 16777216");
  }

  @Test
  void refusesAFileCutOffAtAnyByteOrWithExtraBytes() throws IOException {
    byte[] whole = bytes(VALID, new byte[12]);
    open(whole);
    for (int length = 0; length < whole.length; length++) {
      refuses(java.util.Arrays.copyOf(whole, length), "Not a usable safetensors file");
    }
    refuses(java.util.Arrays.copyOf(whole, whole.length + 1), "1 bytes after the last tensor");
  }

  @Test
  void opensTenThousandTensorsFastAndRefusesOneMore() throws IOException {
    byte[] most = bytes(manyTensors(10_000));
    open(most);
    Assertions.assertTimeout(Duration.ofSeconds(2), () -> open(most));
    refuses(bytes(manyTensors(10_001)), "more than 10000 tensors");
  }

  @Test
  void refusesTensorsOfMoreThan32Dimensions() throws IOException {
    String ones = "1,".repeat(40) + "2";
    refuses(
        bytes(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + ones + "],\"data_offsets\":[0,8]}}",
            new byte[8]),
        "'a' has more than 32 dimensions");
  }

  @Property(tries = 3000)
  void aMutatedFileIsReadOrRefused(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int mutations) throws IOException {
    Random random = new Random(seed);
    byte[] mutated = bytes(VALID, new byte[12]);
    String alphabet = "\"{}[]:,0123456789-.eF\\u nul";
    for (int i = 0; i < mutations; i++) {
      int at = random.nextInt(mutated.length);
      switch (random.nextInt(4)) {
        case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutated[at] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        case 2 -> {
          int source = random.nextInt(mutated.length);
          int length = random.nextInt(Math.min(20, mutated.length - Math.max(at, source)));
          System.arraycopy(mutated, source, mutated, at, length);
        }
        default ->
            mutated = java.util.Arrays.copyOf(mutated, mutated.length + random.nextInt(9) - 4);
      }
    }
    Path file = Files.createTempFile("graft-test-", ".safetensors");
    try {
      Files.write(file, mutated);
      readWhole(file, mutated.length);
    } catch (WeightsException e) {
      assertThat(e).hasMessageContaining(file.toString());
    } finally {
      Files.delete(file);
    }
  }

  /** Reads every tensor, and checks that they hold no more bytes than the file. */
  private static void readWhole(Path path, int fileBytes) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      long total = 0;
      for (TensorInfo info : file.tensors().values()) {
        total += info.byteCount();
        if (info.type().isFloatingPoint()) {
          file.readFloat32(info.name());
        }
      }
      assertThat(total).isLessThan(fileBytes);
    }
  }

  private static String manyTensors(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "\"features.%d.weight\":{\"dtype\":\"F32\",\"shape\":[64,0,3,3],\"data_offsets\":[0,0]}"
                    .formatted(i))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private void refuses(byte[] file, String... faults) throws IOException {
    Path path = Files.write(folder.resolve("case.safetensors"), file);
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .as(faults[0])
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContainingAll(faults);
  }

  private void open(byte[] file) {
    try {
      SafetensorsFile.open(Files.write(folder.resolve("case.safetensors"), file)).close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path write(String json, byte[] data) throws IOException {
    return Files.write(folder.resolve("case.safetensors"), bytes(json, data));
  }

  private static byte[] bytes(String json, byte... data) {
    byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
    return bytes(utf8.length, utf8, data);
  }

  private static byte[] bytes(long claimedLength, byte[] json, byte[] data) {
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(claimedLength)
        .put(json)
        .put(data)
        .array();
  }
}

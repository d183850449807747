package io.graft.weights.pytorch;

import static io.graft.weights.pytorch.PyTorchFiles.ascii;
import static io.graft.weights.pytorch.PyTorchFiles.bytes;
import static io.graft.weights.pytorch.PyTorchFiles.legacy;
import static io.graft.weights.pytorch.PyTorchFiles.repeat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that must be refused, made by pytorch/make_pytorch.py or here. */
class PyTorchHostileTest {

  private static final long MAX_ALLOCATED_BYTES = 400L << 20;

  /** The text that each message must contain. */
  private static final Map<String, String> OFFENCES =
      Map.ofEntries(
          Map.entry("os_system.pth", "'os.system'"),
          Map.entry("zip_os_system.pth", "'posix.system'"),
          Map.entry("builtins_eval.pth", "'builtins.eval'"),
          Map.entry("zip_script_class.pth", "no tensors as attributes of its modules"),
          Map.entry("cyclic.pth", "contains itself"),
          Map.entry("cyclic_list.pth", "contains itself"),
          Map.entry("deep.pth", "nests deeper than 256"),
          Map.entry("script_paths.pt", "more than 100000 paths"),
          Map.entry("huge_storage.pth", "'0' has 1152921504606846976 elements"),
          Map.entry("huge_storage_small_view.pth", "'0' has 1152921504606846976 elements"),
          Map.entry(
              "huge_storage_and_count.pth",
              "storage '0' should have 1152921504606846976 elements of F32 and 8 bytes are left"),
          Map.entry("huge_tensor.pth", "shape [1152921504606846976], strides [0]"),
          Map.entry("overflowing_shape.pth", "shape [1099511627776, 1099511627776]"),
          Map.entry("overflowing_stride.pth", "strides [4611686018427387904"),
          Map.entry("past_end.pth", "offset 1 that does not fit storage '0' of 2 elements"),
          Map.entry("negative_offset.pth", "a tensor's offset outside of 0"),
          Map.entry("negative_stride.pth", "a tensor's strides outside of 0"),
          Map.entry("view_past_end.pth", "a view of elements 1 and 2 more of storage '0'"),
          Map.entry("two_types.pth", "storage '0' in two different ways"),
          Map.entry("metadata.pth", "metadata"),
          Map.entry("not_a_dictionary.pth", "no dictionary"),
          Map.entry("no_tensors.pth", "begin with ['weights']"),
          Map.entry("two_models.pth", "both under 'model' and under 'state_dict'"),
          Map.entry("big_endian.pth", "little-endian"),
          Map.entry("trailing.pth", "1 bytes after its last storage"),
          Map.entry("other_count.pth", "has 2 elements of F32 and the data say 3"),
          Map.entry("unlisted_storage.pth", "use 1 storages and it lists 0"),
          Map.entry("storage_twice.pth", "names one twice"),
          Map.entry("unknown_storage.pth", "no tensor uses"),
          Map.entry("version.pth", "protocol version is not 1001"),
          Map.entry("zip_big_endian.pth", "byte order is 'big'"),
          Map.entry("zip_deflated.pth", "compressed"),
          Map.entry("zip_short_storage.pth", "storage '0' has 6 elements of F32"),
          Map.entry("zip_missing_storage.pth", "data/1'"),
          Map.entry("zip_no_pickle.pth", "no data.pkl"),
          Map.entry("zip_pickle_goes_on.pth", "has 2 more bytes after its end"),
          Map.entry("zip_trailing.pth", "no directory at its end"),
          Map.entry("zip_other_name.pth", "data/1' of its zip archive differs"),
          Map.entry("zip_overlap.pth", "entries of its zip archive overlap"),
          Map.entry("frozen.pt", "torch.jit.freeze"),
          Map.entry("zip_twice.pth", "data/0' twice"));

  @TempDir Path folder;

  static List<Path> hostile() {
    return PyTorchFiles.hostile();
  }

  @Test
  void everyHostileFileIsKnown() {
    assertThat(hostile().stream().map(f -> f.getFileName().toString()).collect(Collectors.toSet()))
        .isEqualTo(OFFENCES.keySet());
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void namesTheOffence(Path path) {
    String offence = OFFENCES.get(path.getFileName().toString());
    assertRefused(path, offence);
    assertThat(Path.of("executed")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/golden/tiny_vgg16_zip.pth",
        "/golden/tiny_vgg16_legacy.pth",
        "/pytorch/scripted.pt",
        "/pytorch/views_zip.pth",
        "/pytorch/views_legacy.pth",
        "/pytorch/zip64.pth"
      })
  void refusesFilesCutAtEveryPercent(String resource) throws IOException {
    byte[] whole = Files.readAllBytes(PyTorchFiles.resource(resource));
    for (int percent = 0; percent < 100; percent++) {
      byte[] part = Arrays.copyOf(whole, (int) (whole.length * (long) percent / 100));
      assertRefused(write(part), "Not a usable PyTorch file");
    }
    assertRefused(write(Arrays.copyOf(whole, whole.length - 1)), "Not a usable PyTorch file");
  }

  @Test
  void boundsTheValuesThatAPickleMakes() throws IOException {
    byte[] manyLists = repeat(1_000_001, ascii("]"));
    assertRefused(write(legacy(manyLists)), "more than 1000000 values");
    // Every list holds the one before it twice: 2^60 paths through 60 lists.
    byte[] doubled = repeat(60, ascii("]q\1(h\0h\0eq\0"));
    byte[] bomb = legacy(ascii("}X\1\0\0\0x(]q\0"), doubled, ascii("ts"));
    assertRefused(write(bomb), "holds no tensors at its top");
    byte[] memo = new byte[5 * 1_000_002];
    for (int i = 0; i < 1_000_002; i++) {
      memo[5 * i] = 'r';
      memo[5 * i + 1] = (byte) i;
      memo[5 * i + 2] = (byte) (i >> 8);
      memo[5 * i + 3] = (byte) (i >> 16);
    }
    assertRefused(write(legacy(ascii("}"), memo)), "remembers more than 1000000 values");
    assertRefused(write(legacy(repeat(300, ascii("(")))), "nests deeper than 256");
    assertRefused(write(legacy(repeat(17 << 20, ascii("N")))), "more than 1000000 values");
    byte[] texts = repeat(100, text("T", new byte[200_000]));
    assertRefused(write(legacy(texts)), "longer than the 16777216 bytes");
  }

  @Test
  void boundsTheNumberOfTensors() throws IOException {
    byte[] storage = ascii("(U\7storagectorch\nFloatStorage\nU\0010U\3cpuK\1tQq\1");
    byte[] tensors = repeat(10_001, ascii("h\0(h\1K\0(t(ttR"));
    byte[] file =
        legacy(ascii("]ctorch._utils\n_rebuild_tensor\nq\0("), storage, tensors, ascii("e"));
    assertRefused(write(file), "more than 10000 tensors");
  }

  @Test
  void trustsNoClaimedLength() throws IOException {
    byte[] most = bytes(0xff, 0xff, 0xff, 0x7f);
    for (String instruction : List.of("X", "T", "B", "\u008b")) {
      assertRefused(write(legacy(ascii(instruction), most)), " bytes");
    }
    byte[] longMost = bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    byte[] negative = bytes(0, 0, 0, 0, 0, 0, 0, 0x80);
    for (int instruction : new int[] {0x8d, 0x8e, 0x96, 0x95}) {
      assertRefused(write(legacy(bytes(instruction), longMost)), "9223372036854775807 bytes");
      assertRefused(write(legacy(bytes(instruction), negative)), "9223372036854775808 bytes");
    }
    assertRefused(write(legacy(ascii("c"), repeat(600, ascii("a")))), "name of more than 512");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "i",
        "S'a'\n",
        "0",
        "2",
        ")R",
        "K\1K\2",
        "",
        "N(",
        "K\1b",
        "e",
        "u",
        "K\1K\1s",
        "h\7",
        "Q",
        "NQ",
        "(tQ",
        "}}a",
        ")\u0081",
        "N)\u0081",
        "N)R",
        "\u0093",
        "NN\u0093",
        "X\1\0\0\0\u00ff",
        "}X\1\0\0\0aNsX\1\0\0\0aNs",
        "\u0080\1",
        "ctorch\nFloatStorage\n)R",
        "ctorch._utils\n_rebuild_tensor_v2\n)R",
        "ctorch._utils\n_rebuild_parameter\n(NNNtR",
        "ccollections\nOrderedDict\n(NtR",
        "ccollections\nOrderedDict\n(](K\1etR",
        "c__torch__.a\nb\n)R",
        "cos\nsystem\n)R",
        "(N(",
        ")(a",
      })
  void refusesPicklesWithoutMeaning(String instructions) throws IOException {
    assertRefused(write(legacy(ascii(instructions))), "its pickle");
  }

  private static byte[] text(String instruction, byte[] content) {
    byte[] whole = new byte[5 + content.length];
    whole[0] = (byte) instruction.charAt(0);
    for (int i = 0; i < 4; i++) {
      whole[1 + i] = (byte) (content.length >> (8 * i));
    }
    System.arraycopy(content, 0, whole, 5, content.length);
    return whole;
  }

  private Path write(byte[] content) throws IOException {
    return Files.write(folder.resolve("hostile.pth"), content);
  }

  private static void assertRefused(Path path, String offence) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> PyTorchCheckpoint.open(path))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll(offence, path.toString(), "torch.save");
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MAX_ALLOCATED_BYTES);
  }
}

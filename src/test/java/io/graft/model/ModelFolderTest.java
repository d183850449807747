package io.graft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import io.graft.GoldenTensors;
import io.graft.eval.Decision;
import io.graft.eval.FeatureStatistics;
import io.graft.eval.Outputs;
import io.graft.features.ContentDigests;
import io.graft.image.Decode;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.runtime.BadDataException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.testing.WithoutPrivileges;
import io.graft.zoo.WeightChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Writes and reads model folders. Damaged files are refused by name. */
class ModelFolderTest {

  private static final List<String> CLASSES = List.of("daisy", "r\u00f6s\u00e9", "two\nlines");
  private static final TensorInfo WEIGHT =
      new TensorInfo("head.weight", TensorType.F32, List.of(3L, 512L));

  private static final FeatureStatistics STATISTICS =
      new FeatureStatistics(
          new long[] {5, 0, 1L << 40},
          new float[][] {{1, 2}, {0, 0}, {-0.5f, 1e30f}},
          new float[] {0.25f, 1e-30f});

  private static final ContentDigests DIGESTS = ContentDigests.ofSorted(digests(3));

  private static byte[] digests(int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * ContentDigests.DIGEST_BYTES);
    for (int i = 0; i < count; i++) {
      // The first bytes are 0x00, 0x70, 0xe0: digests are compared as unsigned numbers.
      bytes.putLong(((long) i * 0x70) << 56).putLong(i);
    }
    return bytes.array();
  }

  @TempDir Path parent;
  private Path folder;

  @BeforeEach
  void save() {
    folder = parent.resolve("model");
    write(folder, CLASSES, (byte) 1);
  }

  /** Writes a model. It has statistics and digests if their number of classes matches. */
  static void write(Path folder, List<String> classes, byte fill) {
    byte[] bytes = new byte[Math.toIntExact(WEIGHT.byteCount())];
    java.util.Arrays.fill(bytes, fill);
    ModelFolder.write(
        folder,
        new ModelFolder.Content(
            card(),
            classes,
            classes.size() == CLASSES.size() ? Optional.of(STATISTICS) : Optional.empty(),
            Optional.of(DIGESTS).filter(digests -> classes.size() == CLASSES.size())),
        Map.of(WEIGHT, ByteBuffer.wrap(bytes)));
  }

  private void write(ModelCard card, Optional<FeatureStatistics> statistics) {
    ModelFolder.write(
        folder, new ModelFolder.Content(card, CLASSES, statistics, Optional.empty()), Map.of());
  }

  private static ModelCard card() {
    return card(new Decision.MostProbable(Outputs.SIGMOID, 1.25));
  }

  private static ModelCard card(Decision decision) {
    JsonObject training = new JsonObject();
    training.addProperty("epochs", 10);
    training.addProperty("learning_rate", 1e-3);
    training.add("history", new com.google.gson.JsonArray());
    training.add("validation_loss", com.google.gson.JsonNull.INSTANCE);
    return new ModelCard(
        "vgg16",
        new WeightChoice.Random(7),
        "ab".repeat(32),
        "spec <&>",
        Head.POOL,
        HiddenLayers.of(64, 8).withActivation(HiddenLayers.Activation.TANH).withDropout(0.25),
        new Unfreeze("block5"),
        TensorType.F32,
        Precision.INT8,
        List.of(0.5f, 1e-3f),
        Decode.EXACT,
        decision,
        training);
  }

  @Test
  void readsBackAWrittenModel() throws IOException {
    ModelFolder.Content content = ModelFolder.read(folder);
    assertThat(content.classes()).isEqualTo(CLASSES);
    assertThat(content.card()).isEqualTo(card());
    assertThat(content.statistics()).get().usingRecursiveComparison().isEqualTo(STATISTICS);
    assertThat(content.digests()).contains(DIGESTS);
    assertThat(names(folder))
        .containsExactly(
            "digests.bin",
            "graft.json",
            "head.safetensors",
            "statistics.safetensors",
            "synset.txt");
    assertThat(folder.resolve("synset.txt")).hasContent("daisy\nr\u00f6s\u00e9\ntwo lines\n");
    assertThat(GoldenTensors.read(folder.resolve("head.safetensors")).bytes("head.weight"))
        .containsOnly(1);
  }

  @Test
  void readsBackEveryChoiceOfWeights() {
    for (WeightChoice choice :
        List.of(
            new WeightChoice.Pretrained(),
            new WeightChoice.Random(-1),
            new WeightChoice.FromFile(parent.resolve("w.safetensors")))) {
      ModelCard card =
          new ModelCard(
              "vgg16",
              choice,
              "00",
              "spec",
              Head.FLATTEN,
              HiddenLayers.NONE,
              Unfreeze.NONE,
              TensorType.F16,
              Precision.FP32,
              List.of(),
              Decode.EXACT,
              new Decision.MostProbable(Outputs.SOFTMAX, 1),
              new JsonObject());
      write(card, Optional.empty());
      assertThat(ModelFolder.read(folder).card()).isEqualTo(card);
      assertThat(ModelFolder.read(folder).statistics()).isEmpty();
    }
  }

  @Test
  void readsBackThresholdsAndStatisticsOfOneGroup() {
    ModelCard card = card(new Decision.AtThresholds(List.of(0.5, 1 / 3.0, 1.0)));
    FeatureStatistics together =
        new FeatureStatistics(new long[] {3}, new float[][] {{1, 2}}, new float[] {3, 4});
    write(card, Optional.of(together));

    assertThat(ModelFolder.read(folder).card()).isEqualTo(card);
    assertThat(ModelFolder.read(folder).card().multiLabel()).isTrue();
    assertThat(ModelFolder.read(folder).statistics())
        .get()
        .usingRecursiveComparison()
        .isEqualTo(together);
  }

  @Test
  void refusesInvalidThresholds() {
    write(card(new Decision.AtThresholds(List.of(0.5))), Optional.empty());
    assertThatThrownBy(() -> ModelFolder.read(folder))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("1 thresholds for 3 classes");
    for (double wrong : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> card(new Decision.AtThresholds(List.of(wrong))))
          .hasMessageContaining("one of its thresholds is " + wrong);
    }
  }

  @Test
  void oldCardMeansNoHiddenLayersAndSoftmax() {
    JsonObject json = card().toJson();
    json.remove("hidden");
    json.remove("outputs");
    ModelCard card = ModelCard.fromJson(json);
    assertThat(card.hidden()).isEqualTo(HiddenLayers.NONE);
    assertThat(card.decision()).isEqualTo(new Decision.MostProbable(Outputs.SOFTMAX, 1.25));
  }

  @Test
  void refusesAFlippedBitAndNamesTheFile() throws IOException {
    for (String name : names(folder)) {
      Path file = folder.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      // Flips a bit in every byte of the text files. The head's bytes are alike, so a sample is
      // enough.
      int step = name.equals("head.safetensors") ? 37 : 1;
      for (int i = 0; i < whole.length; i += step) {
        for (int bit = i % 3; bit < 8; bit += 3) {
          byte[] flipped = whole.clone();
          flipped[i] ^= (byte) (1 << bit);
          Files.write(file, flipped);
          assertThatThrownBy(() -> ModelFolder.read(folder))
              .as(name + " byte " + i + " bit " + bit)
              .isInstanceOf(BadDataException.class)
              .hasMessageContaining(namedFor(name, flipped));
        }
      }
      Files.write(file, whole);
    }
    ModelFolder.read(folder);
  }

  /** A flipped bit in the format number gives another format. That message names no file. */
  private String namedFor(String name, byte[] content) {
    boolean otherFormat =
        name.equals("graft.json")
            && new String(content, java.nio.charset.StandardCharsets.UTF_8)
                .matches("(?s)\\{\\s+\"format\": [2-9],.*");
    return otherFormat ? "has model format" : folder.resolve(name).toString();
  }

  @Test
  void refusesTruncatedOrMissingFilesAndNamesThem() throws IOException {
    for (String name : names(folder)) {
      Path file = folder.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int length : new int[] {0, 1, whole.length / 2, whole.length - 2}) {
        Files.write(file, java.util.Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> ModelFolder.read(folder))
            .isInstanceOf(BadDataException.class)
            .hasMessageContaining(file.toString());
      }
      Files.delete(file);
      if (name.equals("digests.bin")) {
        // Users may remove it.
        assertThat(ModelFolder.read(folder).digests()).isEmpty();
      } else {
        assertThatThrownBy(() -> ModelFolder.read(folder))
            .isInstanceOf(BadDataException.class)
            .hasMessageContaining(name);
      }
      Files.write(file, whole);
    }
  }

  /** A loop of links cannot be read, even by a user who may read every file. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void unreadableFileIsNamedAndNotCalledDamaged() throws Exception {
    for (String name : names(folder)) {
      Path file = folder.resolve(name);
      Path aside = Files.move(file, parent.resolve(name));
      Files.createSymbolicLink(file, Path.of(name));
      cannotRead(file);
      Files.delete(file);
      Files.move(aside, file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
      WithoutPrivileges.call(
          () -> {
            cannotRead(file);
            return null;
          });
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
    ModelFolder.read(folder);
  }

  private static void cannotRead(Path file) {
    assertThatThrownBy(() -> ModelFolder.read(file.getParent()))
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith("Cannot read the model " + file.getParent() + ": ")
        .hasMessageContainingAll(file.toString(), "permissions")
        .hasMessageNotContainingAny("amaged", "train it again");
  }

  @Test
  void refusesFoldersThatAreNotModels() throws IOException {
    Path none = parent.resolve("none");
    refuses(none, "there is no such folder");
    refuses(Files.createDirectory(none), "it has no graft.json");
    refuses(Files.writeString(parent.resolve("file"), "x"), "it is a file");
    for (String foreign :
        List.of(
            "{}", "[]", "", "null", "{\"format\":1}", "{\"format\":\"x\"}", "{\"format\":{}}")) {
      Files.writeString(none.resolve("graft.json"), foreign);
      assertThatThrownBy(() -> ModelFolder.read(none))
          .as(foreign)
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining(none.resolve("graft.json").toString())
          .hasMessageNotContainingAny("Cannot invoke", "com.google");
    }
    Files.writeString(none.resolve("graft.json"), "{\"format\":2}");
    refuses(none, "has model format 2 and this Graft reads format 1");
  }

  private static void refuses(Path folder, String reason) {
    assertThatThrownBy(() -> ModelFolder.read(folder))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(folder.toString(), reason);
  }

  @Test
  void killedProcessLeavesTheOldOrTheNewModel() throws Exception {
    for (int kill = 0; kill < 5; kill++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  folder.toString())
              .inheritIO()
              .start();
      try {
        long deadlineNanos = System.nanoTime() + 30_000_000_000L;
        while (names(parent).stream().noneMatch(name -> name.endsWith(".tmp"))) {
          assertThat(writer.isAlive()).as("the writer is alive").isTrue();
          assertThat(System.nanoTime()).as("before the deadline").isLessThan(deadlineNanos);
          Thread.sleep(1);
        }
        Thread.sleep(17L * kill);
      } finally {
        // On POSIX this is SIGKILL: no shutdown hook runs.
        writer.destroyForcibly().waitFor();
      }
      // Between the two renames the old model is intact under its hidden name.
      Path whole = folder;
      for (String name : names(parent)) {
        if (!Files.exists(folder) && name.endsWith(".replaced")) {
          whole = parent.resolve(name);
        }
      }
      List<String> classes = ModelFolder.read(whole).classes();
      byte fill = (byte) (classes.equals(CLASSES) ? 1 : Integer.parseInt(classes.get(0)));
      assertThat(GoldenTensors.read(whole.resolve("head.safetensors")).bytes("head.weight"))
          .containsOnly(fill);
      for (String name : names(parent)) {
        if (name.startsWith(".")) {
          io.graft.runtime.DurableFiles.deleteQuietly(parent.resolve(name));
        }
      }
      if (!Files.exists(folder)) {
        write(folder, CLASSES, (byte) 1);
      }
    }
  }

  /** Replaces the model repeatedly until it is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      for (int number = 0; ; number = (number + 1) % 100) {
        write(Path.of(arguments[0]), List.of(Integer.toString(number), "other"), (byte) number);
      }
    }
  }

  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}

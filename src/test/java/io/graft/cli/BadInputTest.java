package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import io.graft.runtime.Devices;
import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import io.graft.testing.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exit codes and messages for data, weights, models and devices that cannot be used. */
class BadInputTest {

  @TempDir static Path shared;

  private static Path model;

  @TempDir Path root;

  private Path data;
  private Path out;

  @BeforeAll
  static void trainAModel() throws IOException {
    TinyPictures.draw(shared.resolve("data"), 2, 1, "rose", "tulip");
    model = shared.resolve("model");
    Cli.succeed(train(shared.resolve("data"), model));
  }

  @BeforeEach
  void drawImages() throws IOException {
    data = root.resolve("data");
    out = root.resolve("model");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
  }

  private static Object[] train(Path images, Path folder, Object... more) {
    Object[] words = {
      "train",
      "--data",
      images,
      "--out",
      folder,
      "--epochs",
      1,
      "--device",
      "cpu",
      "--json",
      "--precision",
      "fp32",
      "--image-size",
      64
    };
    Object[] weights = Arrays.asList(more).contains("--weights") ? more : with(more);
    return Stream.concat(Stream.of(words), Stream.of(weights)).toArray();
  }

  private static Object[] with(Object... more) {
    return Stream.concat(Stream.of("--weights", "random"), Stream.of(more)).toArray();
  }

  @Test
  void missingFolderIsRefused() {
    Cli.run(train(root.resolve("dat"), out))
        .failsWith(3, "No such folder or table", "dat", "one folder of images per class", "Check");
    assertThat(out).doesNotExist();
  }

  @Test
  void singleClassIsRefused() throws IOException {
    TinyPictures.draw(root.resolve("one"), 2, 1, "rose");

    Cli.run(train(root.resolve("one"), out))
        .failsWith(3, "Only one class", "rose", "at least two classes", "Add a folder");
  }

  @Test
  void classWithoutImagesIsRefused() throws IOException {
    Files.createDirectories(data.resolve("violet"));

    Cli.run(train(data, out))
        .failsWith(3, "A class has no images: violet", "Expected at least one image", "Add images");
  }

  @Test
  void badImagesAreReportedCountedAndSkipped() throws IOException {
    Path rose = data.resolve("rose");
    byte[] whole = Files.readAllBytes(rose.resolve("1.jpg"));
    Files.writeString(rose.resolve("text.jpg"), "this is a shopping list");
    Files.write(rose.resolve("half.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.createFile(rose.resolve("empty.jpg"));
    Files.write(rose.resolve("huge.png"), pngHeader(30_000, 30_000));
    int badImages = 4;
    if (linked(rose.resolve("gone.jpg"), root.resolve("nowhere.jpg"))) {
      badImages++;
    }

    Cli cli = Cli.succeed(train(data, out, "--validation-split", 0));

    JsonObject report = cli.json();
    assertThat(report.get("skipped").getAsInt()).isEqualTo(badImages);
    assertThat(report.get("images").getAsInt()).isEqualTo(4);
    assertThat(cli.err().lines().filter(line -> line.startsWith("skipped "))).hasSize(badImages);
    assertThat(cli.err())
        .containsPattern("skipped .*text\\.jpg: .*not JPEG, PNG, GIF, BMP, TIFF, WebP or PPM")
        .containsPattern("skipped .*half\\.jpg: .*cut off")
        .containsPattern("skipped .*empty\\.jpg: .*empty")
        .containsPattern("skipped .*huge\\.png: .*900 megapixels.*at most 178956970");
  }

  @Test
  void tooLargeImageThatStopsTheRunNamesTheLimit() throws IOException {
    Files.write(data.resolve("rose/0.png"), pngHeader(30_000, 30_000));
    Cli.run(train(data, out, "--on-bad-image", "fail"))
        .failsWith(3, "Cannot decode the image", "Options: --on-bad-image, --max-pixels.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "half", "empty"})
  void badImageStopsTheRunOnRequest(String kind) throws IOException {
    byte[] whole = Files.readAllBytes(data.resolve("rose/1.jpg"));
    byte[] content =
        switch (kind) {
          case "text" -> "this is a shopping list".getBytes(StandardCharsets.UTF_8);
          case "half" -> Arrays.copyOf(whole, whole.length / 2);
          default -> new byte[0];
        };
    Files.write(data.resolve("rose/0.jpg"), content);

    Cli.run(train(data, out, "--on-bad-image", "fail"))
        .failsWith(3, "Cannot decode the image", "rose", "0.jpg", "Options: --on-bad-image.");
    assertThat(out).doesNotExist();
  }

  @Test
  void unreadableImageIsSkipped() throws IOException {
    Path secret = data.resolve("rose/secret.jpg");
    Files.copy(data.resolve("rose/1.jpg"), secret);
    assumeTrue(secret.toFile().setReadable(false) && !Files.isReadable(secret));

    Cli cli = Cli.succeed(train(data, out));

    assertThat(cli.json().get("skipped").getAsInt()).isEqualTo(1);
    assertThat(cli.err()).contains("secret.jpg");
  }

  @Test
  void classWithOnlyBadImagesIsRefused() throws IOException {
    Path violet = Files.createDirectories(data.resolve("violet"));
    Files.writeString(violet.resolve("a.jpg"), "not an image");
    Files.writeString(violet.resolve("b.jpg"), "not an image");

    Cli.run(train(data, out, "--validation-split", 0))
        .failsWith(3, "Class 'violet'", "none of its images can be used", "a.jpg", "Replace");
    assertThat(out).doesNotExist();
  }

  @Test
  void invalidTableIsRefused() throws IOException {
    Path table = Files.writeString(root.resolve("t.csv"), "file,class\na.jpg,rose\n");
    Cli.run(train(table, out)).failsWith(3, "t.csv", "path", "label");

    Files.writeString(table, "path,label\ndata/rose/1.jpg,rose\ndata/rose/2.jpg,rose\n");
    Cli.run(train(table, out)).failsWith(3, "Only one class", "rose");
  }

  @Test
  void missingWeightsAreRefused() {
    Cli.run(train(data, out, "--weights", root.resolve("vgg.safetensors")))
        .failsWith(4, "Cannot read", "vgg.safetensors", "Expected a readable file of weights");
  }

  static Stream<Arguments> wrongWeights() {
    return Stream.of(
        Arguments.of(
            change(shapes -> shapes.remove("features.28.bias")),
            "tensor 'features.28.bias' [512] is missing"),
        Arguments.of(
            change(shapes -> shapes.put("features.28.weight", new long[] {512, 511, 3, 3})),
            "tensor 'features.28.weight' has shape [512, 511, 3, 3] where [512, 512, 3, 3] is"
                + " expected"));
  }

  private static Consumer<Map<String, long[]>> change(Consumer<Map<String, long[]>> change) {
    return change;
  }

  @ParameterizedTest
  @MethodSource("wrongWeights")
  void weightsOfAnotherNetworkAreRefused(Consumer<Map<String, long[]>> change, String fault)
      throws IOException {
    Path file = root.resolve("weights/vgg16.safetensors");
    WeightFiles.write(file, change);

    Cli.run(train(data, out, "--weights", file))
        .failsWith(4, file.toString(), fault, "Expected the 26 tensors", "--backbone");
    assertThat(out).doesNotExist();
  }

  @Test
  void fileThatIsNotAWeightFileIsRefused() throws IOException {
    Path file = Files.writeString(root.resolve("vgg16.safetensors"), "not at all");

    Cli.run(train(data, out, "--weights", file))
        .failsWith(
            4, "Not a weight file", "vgg16.safetensors", "begins with the bytes", "Expected");
  }

  @Test
  void missingPretrainedWeightsAreReportedWithTheirPathAndAddress() throws Exception {
    Path home = root.resolve("home");
    JavaProcess.Result result =
        JavaProcess.run(
            root,
            Map.of("GRAFT_HOME", home.toString(), "GRAFT_OFFLINE", "1"),
            root,
            Main.class.getName(),
            "train",
            "--data",
            data.toString(),
            "--out",
            out.toString(),
            "--device",
            "cpu",
            "--json");

    new Cli(result.exitCode(), result.out(), result.err())
        .failsWith(
            4,
            "vgg16-397923af.pth is not in the cache",
            home.resolve("weights").resolve("vgg16-397923af.pth").toString(),
            "https://download.pytorch.org/models/vgg16-397923af.pth",
            "553433881 bytes",
            "--offline");
    assertThat(home.resolve("weights")).doesNotExist();
  }

  @Test
  void absentGpuIsRefused() {
    assumeTrue(!Devices.resolve("auto").get(0).isGpu(), "this machine has a GPU");

    Cli.run("train", "--data", data, "--out", out, "--weights", "random", "--device", "cuda")
        .failsWith(
            5, "Device cuda is not available", "Choose the device cpu", "Options: --device.");
    Cli.run("predict", "--model", model, "--device", "cuda:3", data.resolve("rose/1.jpg"))
        .failsWith(5, "Device cuda:3 is not available");
  }

  @Test
  void folderThatIsNotAModelIsRefused() {
    Cli.run("predict", "--model", data, data.resolve("rose/1.jpg"))
        .failsWith(3, "is not a Graft model: it has no graft.json", "a training has written");
    Cli.run("predict", "--model", root.resolve("none"), data.resolve("rose/1.jpg"))
        .failsWith(3, "is not a Graft model: there is no such folder");
  }

  @ParameterizedTest
  @ValueSource(strings = {"head.safetensors", "synset.txt", "graft.json"})
  void damagedModelIsRefused(String name) throws IOException {
    Path damaged = Files.createDirectories(root.resolve("damaged"));
    for (String file : new String[] {"head.safetensors", "synset.txt", "graft.json"}) {
      Files.copy(model.resolve(file), damaged.resolve(file));
    }
    byte[] bytes = Files.readAllBytes(damaged.resolve(name));
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged.resolve(name), bytes);
    Path image = data.resolve("rose/1.jpg");

    Cli.run("predict", "--model", damaged, image)
        .failsWith(3, "Damaged model", name, "Copy the model again");

    Files.write(damaged.resolve(name), new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    Cli.run("evaluate", "--model", damaged, "--data", data).failsWith(3, "Damaged model", name);

    Files.delete(damaged.resolve(name));
    Cli.run("evaluate", "--model", damaged, "--data", data).failsWith(3, name);
  }

  @Test
  void modelRefusesOtherWeights() throws IOException {
    Path other = root.resolve("weights/vgg16.safetensors");
    WeightFiles.write(other, shapes -> {});

    Cli.run("predict", "--model", model, "--weights", other, data.resolve("rose/1.jpg"))
        .failsWith(4, "was trained on other weights", "expected", "--weights");
  }

  @Test
  void predictReportsBadImages() throws IOException {
    Path text = Files.writeString(root.resolve("text.jpg"), "not an image");
    Path good = data.resolve("rose/1.jpg");

    Cli.run("predict", "--model", model, text)
        .failsWith(3, "Cannot use the image", "text.jpg", "Expected a whole JPEG");
    Cli failed =
        Cli.run("predict", "--model", model, "--on-bad-image", "fail", "--json", text, good);
    assertThat(failed.exitCode()).isEqualTo(3);
    assertThat(failed.err())
        .contains("Cannot use the image " + text, "1 of 2 images were classified");
    assertThat(failed.json().getAsJsonArray("predictions")).hasSize(1);
    Cli one = Cli.succeed("predict", "--model", model, "--json", text, good);
    assertThat(one.json().get("skipped").getAsInt()).isEqualTo(1);
    assertThat(one.json().getAsJsonArray("predictions")).hasSize(1);
    assertThat(one.err()).contains("skipped " + text);
  }

  @Test
  void evaluateRefusesUnknownClasses() throws IOException {
    TinyPictures.draw(data, 1, 1, "violet");

    Cli.run("evaluate", "--model", model, "--data", data)
        .failsWith(3, "Unknown class", "violet", "Expected only known classes: rose, tulip");
    Cli.run(train(shared.resolve("data"), out, "--validation", data))
        .failsWith(3, "Unknown class", "violet");
  }

  @Test
  void verboseAddsTheStackTrace() {
    Cli cli = Cli.run(train(root.resolve("dat"), out, "--verbose"));

    assertThat(cli.exitCode()).isEqualTo(3);
    assertThat(cli.err()).contains("\tat io.graft.");
  }

  private static boolean linked(Path link, Path target) {
    try {
      Files.createSymbolicLink(link, target);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Returns a PNG that ends after its IHDR chunk (PNG specification, 11.2.2): 8 bits, RGB. */
  private static byte[] pngHeader(int width, int height) {
    ByteBuffer chunk = ByteBuffer.allocate(17);
    chunk.put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(width).putInt(height);
    chunk.put(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(chunk.array());
    return ByteBuffer.allocate(33)
        .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'})
        .putInt(13)
        .put(chunk.array())
        .putInt((int) crc.getValue())
        .array();
  }
}

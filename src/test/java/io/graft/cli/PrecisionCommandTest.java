package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.graft.nn.Network;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.testing.FormulaWeights;
import io.graft.testing.TinyPictures;
import io.graft.zoo.Zoo;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Equal images get equal features, independent of earlier runs. */
class PrecisionCommandTest {

  private static final int IMAGES = 12;

  @TempDir Path root;

  private Path data;

  @BeforeEach
  void draw() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, IMAGES / 2, 1, "rose", "tulip");
  }

  private Cli extract(String cache, Path images, String out, Object... more) {
    Object[] words = {
      "extract",
      "--backbone",
      "vgg16_bn_small",
      "--data",
      images,
      "--out",
      root.resolve(out),
      "--cache",
      root.resolve(cache),
      "--json"
    };
    return Cli.succeed(Stream.concat(Stream.of(words), Stream.of(more)).toArray());
  }

  private static int computed(Cli cli) {
    return cli.json().get("feature_rows_computed").getAsInt();
  }

  private static String precision(Cli cli) {
    return cli.json().get("precision").getAsString();
  }

  @Test
  void badImageChangesNeitherThePrecisionNorTheStoredFeatures() throws IOException {
    Files.writeString(data.resolve("rose/bad.jpg"), "no image");
    Cli first = extract("features", data, "first");
    Cli second = extract("features", data, "second");
    assertThat(precision(second)).isEqualTo(precision(first));
    assertThat(computed(first)).isEqualTo(IMAGES);
    assertThat(computed(second)).isZero();
    assertThat(root.resolve("second")).hasSameBinaryContentAs(root.resolve("first"));
  }

  @Test
  void earlierRunsDoNotChangeFeatures() throws IOException {
    Path others = root.resolve("others");
    TinyPictures.draw(others, IMAGES / 2, 7, "stem", "leaf", "root");
    extract("seasoned", others, "before");
    extract("seasoned", data, "after");
    extract("fresh", data, "alone");
    assertThat(root.resolve("after")).hasSameBinaryContentAs(root.resolve("alone"));
  }

  @Test
  void onlyAddedImagesAreComputed() throws IOException {
    Path grey = grey();
    extract("features", grey, "before");
    for (String kind : new String[] {"rose", "tulip"}) {
      for (int number = 1; number <= 2; number++) {
        String name = kind + "/" + number + ".jpg";
        Files.copy(data.resolve(name), grey.resolve(name));
      }
    }
    assertThat(computed(extract("features", grey, "after"))).isEqualTo(4);
  }

  @Test
  void deletedCalibrationIsRecomputedWithTheSameResult() throws IOException {
    extract("features", data, "first");
    try (Stream<Path> files = Files.list(root.resolve("features"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    TinyPictures.draw(data, 1, 9, "more");
    assertThat(computed(extract("features", data, "second"))).isEqualTo(1);
  }

  @Test
  void splitDoesNotChangeFeatures() {
    Object[] words = {
      "train",
      "--backbone",
      "vgg16_bn_small",
      "--data",
      data,
      "--out",
      root.resolve("model"),
      "--epochs",
      1,
      "--cache",
      root.resolve("features"),
      "--json"
    };
    JsonObject first =
        Cli.succeed(Stream.concat(Stream.of(words), Stream.of("--seed", 1)).toArray()).json();
    JsonObject second =
        Cli.succeed(Stream.concat(Stream.of(words), Stream.of("--seed", 2)).toArray()).json();
    assertThat(first.get("feature_rows_computed").getAsInt()).isEqualTo(IMAGES);
    assertThat(second.get("feature_rows_computed").getAsInt()).isZero();
    assertThat(second.get("agreement")).isEqualTo(first.get("agreement"));
  }

  /**
   * Only a small channel reaches the output, and another channel is a hundred thousand times
   * larger. With one scale for both, int8 rounds the small channel to zero.
   */
  @Test
  void autoSkipsAPrecisionThatDisagreesAndReportsWhy() throws IOException {
    // Large enough that int8 is clearly faster, so that it is tried.
    String backbone = "vgg11.w0.25.s96";
    Path weights = root.resolve("uneven.safetensors");
    writeUneven(weights, Zoo.find(backbone).network());
    Object[] more = {"--backbone", backbone, "--weights", weights};
    Object[] words = {"extract", "--data", data, "--cache", root.resolve("features"), "--json"};
    Object[] command = Stream.concat(Stream.of(words), Stream.of(more)).toArray();
    Cli first =
        Cli.succeed(
            Stream.concat(Stream.of(command), Stream.of("--out", root.resolve("1"))).toArray());
    Cli second =
        Cli.succeed(
            Stream.concat(Stream.of(command), Stream.of("--out", root.resolve("2"))).toArray());
    assertThat(precision(first)).isNotEqualTo("int8");
    assertThat(first.err()).contains("int8 is not used, because its features agree");
    assertThat(precision(second)).isEqualTo(precision(first));
    assertThat(second.err()).contains("int8 is not used, because its features agree");
    assertThat(computed(second)).isZero();
  }

  /** Writes almost uniform images, which have small activations. */
  private Path grey() throws IOException {
    Path folder = root.resolve("grey");
    for (String kind : new String[] {"rose", "tulip"}) {
      Files.createDirectories(folder.resolve(kind));
      for (int number = 1; number <= 6; number++) {
        BufferedImage image = new BufferedImage(96, 96, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        int shade = 100 + number + kind.length();
        graphics.setColor(new Color(shade, shade, shade));
        graphics.fillRect(0, 0, 96, 96);
        graphics.setColor(new Color(shade + 3, shade, shade - 2));
        graphics.fillOval(20, 20, 9 * number, 50);
        graphics.dispose();
        ImageIO.write(image, "png", folder.resolve(kind + "/" + number + ".png").toFile());
      }
    }
    return folder;
  }

  private static void writeUneven(Path file, Network network) throws IOException {
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    try (TensorSource formula = new FormulaWeights(network, 3)) {
      for (TensorInfo info : formula.tensors().values()) {
        ByteBuffer values = formula.readFloat32(info.name()).order(ByteOrder.LITTLE_ENDIAN);
        int width = values.capacity() / Float.BYTES / Math.toIntExact(info.shape().get(0));
        for (int i = 0; i < values.capacity() / Float.BYTES; i++) {
          float value = values.getFloat(i * Float.BYTES);
          if (info.name().startsWith("features.0.") && i < width) {
            values.putFloat(i * Float.BYTES, 1e5f * Math.abs(value));
          } else if (info.name().equals("features.3.weight") && i % width < width / 2) {
            values.putFloat(i * Float.BYTES, 0);
          }
        }
        tensors.put(info, values.position(0));
      }
    }
    SafetensorsWriter.write(file, Map.of(), tensors);
  }
}

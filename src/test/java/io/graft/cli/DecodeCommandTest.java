package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.image.input.FastDecoding;
import io.graft.runtime.BundledLibrary;
import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of 90 x 70 pixels are large for an input of 32 x 32: fast decoding halves them. */
class DecodeCommandTest {

  private static final int LARGE = 32;
  private static final int NOT_LARGE = 64;
  private static final int IMAGES = 6;

  @TempDir Path root;

  private Path data;
  private Path model;

  @BeforeEach
  void draw() throws IOException {
    data = root.resolve("data");
    model = root.resolve("model");
    TinyPictures.draw(data, IMAGES / 2, 1, "rose", "tulip");
  }

  private Object[] train(Object... more) {
    Object[] words = {
      "train",
      "--backbone",
      "vgg16_bn_small",
      "--image-size",
      LARGE,
      "--data",
      data,
      "--validation",
      data,
      "--epochs",
      2,
      "--precision",
      "fp32",
      "--cache",
      "off",
      "--out",
      model,
      "--json"
    };
    return concat(words, more);
  }

  private Object[] extract(Path images, int imageSize, Object... more) {
    Object[] words = {
      "extract",
      "--backbone",
      "vgg16_bn_small",
      "--image-size",
      imageSize,
      "--data",
      images,
      "--no-labels",
      "--precision",
      "fp32",
      "--cache",
      "off",
      "--out",
      root.resolve("features"),
      "--json"
    };
    return concat(words, more);
  }

  private static String decode(JsonObject json) {
    return json.get("decode").getAsString();
  }

  /** Runs the program without the native library, as on a machine where it cannot be built. */
  private JavaProcess.Result withoutTheLibrary(Object... words) throws Exception {
    String[] command =
        Stream.concat(Stream.of("io.graft.cli.Main"), Arrays.stream(words).map(Object::toString))
            .toArray(String[]::new);
    return JavaProcess.run(root, Map.of(BundledLibrary.VARIABLE, "off"), root, command);
  }

  @Test
  void unknownWayOfDecodingIsAnError() {
    Cli.run(train("--decode", "quick")).failsWith(2, "No way of decoding 'quick'", "exact, fast");
  }

  @Test
  void rowsOfFastDecodingAreApartAndThoseOfExactDecodingAreFoundAgain() {
    assumeTrue(FastDecoding.isAvailable());
    Object[][] ways = {{}, {"--decode", "fast"}, {"--decode", "exact"}, {"--decode", "fast"}};
    int[] expected = {IMAGES, IMAGES, 0, 0};
    for (int i = 0; i < ways.length; i++) {
      Object[] words = extract(data, LARGE, ways[i]);
      words[Arrays.asList(words).indexOf("off")] = root.resolve("cache");
      JsonObject json = Cli.succeed(words).json();
      assertThat(decode(json)).isEqualTo(i % 2 == 0 ? "exact" : "fast");
      assertThat(json.get("feature_rows_computed").getAsInt()).isEqualTo(expected[i]);
    }
  }

  @Test
  void savedModelAndCheckpointDecodeAsInTheTraining() throws Exception {
    assumeTrue(FastDecoding.isAvailable());
    JsonObject trained = Cli.succeed(train("--decode", "fast", "--keep-checkpoint")).json();
    assertThat(decode(trained)).isEqualTo("fast");
    double cosine = trained.getAsJsonObject("agreement").get("mean_cosine").getAsDouble();
    assertThat(cosine).isBetween(0.9, 0.9999999);
    assertThat(Files.readString(model.resolve("graft.json"))).contains("\"decode\": \"fast\"");
    Cli.run(train("--resume")).failsWith(2, "decode was fast and is exact", "--resume");

    Path answers = root.resolve("answers.csv");
    Object[] evaluate = {"evaluate", "--model", model, "--data", data, "--cache", "off", "--json"};
    JsonObject evaluated = Cli.succeed(concat(evaluate, "--predictions", answers)).json();
    assertThat(decode(evaluated)).isEqualTo("fast");
    assertThat(evaluated.get("top1")).isEqualTo(trained.get("top1"));
    assertThat(evaluated.get("loss").getAsDouble())
        .isEqualTo(trained.get("loss").getAsDouble(), within(1e-6));
    Path predicted = root.resolve("predicted.csv");
    Cli.succeed("predict", "--model", model, data, "--csv", predicted);
    assertThat(probabilities(predicted, 2)).isEqualTo(probabilities(answers, 3));
    JsonObject exact = Cli.succeed(concat(evaluate, "--decode", "exact")).json();
    assertThat(decode(exact)).isEqualTo("exact");
    assertThat(exact.get("loss")).isNotEqualTo(evaluated.get("loss"));

    JavaProcess.Result result = withoutTheLibrary(evaluate);
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).containsOnlyOnce("trained on JPEG files that were decoded fast");
    JsonObject without = JsonParser.parseString(result.out()).getAsJsonObject();
    assertThat(decode(without)).isEqualTo("exact");
    assertThat(without.get("loss")).isEqualTo(exact.get("loss"));
  }

  private static Object[] concat(Object[] words, Object... more) {
    return Stream.of(words, more).flatMap(Stream::of).toArray();
  }

  @Test
  void autoIsFastIfAnImageIsLargeAndTheFeaturesAgree() throws IOException {
    assumeTrue(FastDecoding.isAvailable());
    Path smooth = root.resolve("smooth");
    for (int number = 1; number <= 2; number++) {
      writeGradient(smooth.resolve(number + ".jpg"), number);
    }
    Cli auto = Cli.succeed(extract(smooth, LARGE, "--decode", "auto"));
    assertThat(decode(auto.json())).isEqualTo("fast");

    Cli notLarge = Cli.succeed(extract(smooth, NOT_LARGE, "--decode", "auto", "--verbose"));
    assertThat(decode(notLarge.json())).isEqualTo("exact");
    assertThat(notLarge.err()).contains("no image of the sample is large");

    // These pictures have sharp edges and lines of single pixels, where the two ways differ most.
    Cli differs = Cli.succeed(extract(data, LARGE, "--decode", "auto"));
    assertThat(decode(differs.json())).isEqualTo("exact");
    assertThat(differs.err()).contains("because the features of fast decoding agree");
  }

  private static void writeGradient(Path file, int number) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(90, 70, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setPaint(new GradientPaint(0, 0, Color.BLUE, 40 * number, 70, Color.ORANGE));
    graphics.fillRect(0, 0, 90, 70);
    graphics.dispose();
    ImageIO.write(image, "jpg", file.toFile());
  }

  /** Returns a column of a table as it is written, without its header. */
  private static List<String> probabilities(Path table, int column) throws IOException {
    return Files.readAllLines(table).stream()
        .skip(1)
        .map(line -> line.split(",", -1)[column])
        .toList();
  }

  @Test
  void withoutTheLibraryFastIsAnErrorAndAutoIsExact() throws Exception {
    JavaProcess.Result fast =
        withoutTheLibrary("extract", "--data", "none", "--out", "none", "--decode", "fast");
    assertThat(fast.exitCode()).as(fast.err()).isEqualTo(5);
    assertThat(fast.err()).contains("native image library", "graft doctor", "--decode");
    JavaProcess.Result auto = withoutTheLibrary(extract(data, LARGE, "--decode", "auto"));
    assertThat(auto.exitCode()).as(auto.err()).isZero();
    assertThat(auto.err()).containsOnlyOnce("native image library");
    assertThat(decode(JsonParser.parseString(auto.out()).getAsJsonObject())).isEqualTo("exact");
  }
}

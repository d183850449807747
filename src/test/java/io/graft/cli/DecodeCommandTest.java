package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.gson.JsonObject;
import io.graft.image.input.FastDecoding;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of 90 x 70 pixels for an input of 32 x 32 are large: fast decoding halves them. */
class DecodeCommandTest {

  @TempDir Path root;

  private Path data;

  @BeforeEach
  void draw() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 5, 1, "rose", "tulip");
  }

  private Object[] train(Object... more) {
    Object[] words = {
      "train",
      "--backbone",
      "vgg16_bn_small",
      "--image-size",
      32,
      "--data",
      data,
      "--epochs",
      2,
      "--precision",
      "fp32",
      "--cache",
      root.resolve("cache"),
      "--out",
      root.resolve("model"),
      "--json"
    };
    return Stream.of(words, more).flatMap(Stream::of).toArray();
  }

  @Test
  void exactDecodingIsTheDefaultAndKeepsItsRows() {
    JsonObject first = Cli.succeed(train()).json();
    assertThat(first.get("decode").getAsString()).isEqualTo("exact");
    assertThat(first.get("agreement").isJsonNull()).isTrue();
    JsonObject named = Cli.succeed(train("--decode", "exact")).json();
    assertThat(named.get("feature_rows_computed").getAsInt()).isZero();
  }

  @Test
  void unknownWayOfDecodingIsAnError() {
    Cli.run(train("--decode", "quick")).failsWith(2, "No way of decoding 'quick'", "exact, fast");
  }

  @Test
  void withoutTheLibraryFastIsAnErrorAndAutoIsExact() {
    assumeFalse(FastDecoding.isAvailable());
    for (String command : new String[] {"train", "extract", "pretrain", "predict", "evaluate"}) {
      boolean saved = command.equals("predict") || command.equals("evaluate");
      Object[] words = {
        command, saved ? "--model" : "--out", root.resolve("none"), "--decode", "fast"
      };
      Object[] images =
          command.equals("predict") ? new Object[] {data} : new Object[] {"--data", data};
      Cli.run(Stream.of(words, images).flatMap(Stream::of).toArray())
          .failsWith(5, "native image library", "graft doctor", "--decode");
    }
    Cli auto = Cli.succeed(train("--decode", "auto"));
    assertThat(auto.json().get("decode").getAsString()).isEqualTo("exact");
    assertThat(auto.err()).containsOnlyOnce("native image library");
  }
}

package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.TinyPictures;
import io.graft.testing.WithoutPrivileges;
import io.graft.zoo.WeightOrigin;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A model whose backbone's weights file was moved, or cannot be read. */
@Timeout(120)
class MovedWeightsTest {

  @TempDir static Path root;

  private static Path data;
  private static Path model;

  /** Where the weights were during the training, and where they are now. */
  private static Path before;

  private static Path now;

  @BeforeAll
  static void train() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
    before = root.resolve("before.safetensors");
    now = root.resolve("now.safetensors");
    try (InputStream small = WeightOrigin.class.getResourceAsStream("vgg16_bn_small.safetensors")) {
      Files.copy(small, before);
    }
    model = root.resolve("model");
    Cli.succeed(
        "train",
        "--data",
        data,
        "--out",
        model,
        "--weights",
        before,
        "--epochs",
        1,
        "--device",
        "cpu",
        "--precision",
        "fp32",
        "--cache",
        root.resolve("features"));
    Files.move(before, now);
  }

  private static Object[] predict(Object... more) {
    Object[] words = {"predict", "--model", model, "--device", "cpu", data.resolve("rose/1.jpg")};
    Object[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return all;
  }

  @Test
  void modelAndFileAndOptionAreNamed() {
    String[] parts = {
      "The model " + model + " needs the weights of its backbone vgg16_bn",
      "Cannot read " + before + ": there is no",
      "Options: --weights."
    };
    Cli.run(predict()).failsWith(4, parts);
    Cli.run("evaluate", "--model", model, "--data", data, "--device", "cpu").failsWith(4, parts);
    Cli.run("train", "--data", data, "--out", root.resolve("new"), "--weights", before, "--resume")
        .failsWith(4, "Cannot read " + before, "Options: --weights.");

    assertThat(Cli.succeed(predict("--weights", now)).out()).contains("rose/1.jpg  ");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void fileThatCannotBeReadIsNotCalledDamaged() throws Exception {
    Path loop = root.resolve("loop.safetensors");
    Files.createSymbolicLink(loop, loop.getFileName());
    Cli cli = Cli.run(predict("--weights", loop));

    cli.failsWith(
        4, model.toString(), "Cannot read " + loop, "trained on the weights in " + before);
    assertThat(cli.err()).doesNotContain("amaged");
    Path secret = Files.copy(now, root.resolve("secret.safetensors"));
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
    WithoutPrivileges.call(() -> Cli.run(predict("--weights", secret)))
        .failsWith(4, model.toString(), "permission denied for " + secret, "Options: --weights.");
  }
}

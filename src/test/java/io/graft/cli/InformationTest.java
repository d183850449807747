package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.testing.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that only report: {@code zoo list} and {@code doctor}. */
class InformationTest {

  @TempDir Path home;

  @Test
  void zooListShowsEveryBackbone() {
    String text = Cli.succeed("zoo", "list").out();
    JsonObject json = Cli.succeed("zoo", "list", "--json").json();

    List<String> names = new ArrayList<>();
    for (JsonElement element : json.getAsJsonArray("backbones")) {
      JsonObject backbone = element.getAsJsonObject();
      assertThat(backbone.keySet())
          .containsExactlyInAnyOrder(
              "name",
              "parameters",
              "input",
              "source",
              "digest",
              "size_bytes",
              "path",
              "here",
              "licence",
              "top1_percent");
      String name = backbone.get("name").getAsString();
      names.add(name);
      boolean isInGraft = name.equals("vgg16_bn_small");
      assertThat(backbone.get("here").getAsBoolean()).isEqualTo(isInGraft);
      assertThat(text).contains(isInGraft ? "in Graft" : backbone.get("source").getAsString());
    }
    assertThat(names)
        .containsExactly(
            "vgg11",
            "vgg13",
            "vgg16",
            "vgg19",
            "vgg11_bn",
            "vgg13_bn",
            "vgg16_bn",
            "vgg19_bn",
            "vgg16.tv_in1k",
            "vgg16.keras",
            "vgg16.keras_notop",
            "vgg16_bn_small");
    // torchvision's documentation of VGG16_Weights.IMAGENET1K_V1: num_params 138357544.
    JsonObject vgg16 = json.getAsJsonArray("backbones").get(2).getAsJsonObject();
    assertThat(vgg16.get("parameters").getAsLong()).isEqualTo(138_357_544);
    assertThat(vgg16.get("top1_percent").getAsDouble()).isEqualTo(71.592);
    assertThat(text).contains("138357544", "top-1 71.6 %");
  }

  @Test
  void doctorReportsItsFindings() {
    String text = Cli.succeed("doctor").out();
    JsonObject json = Cli.succeed("doctor", "--json").json();

    assertThat(json.getAsJsonArray("findings")).hasSizeGreaterThan(5);
    for (JsonElement element : json.getAsJsonArray("findings")) {
      JsonObject finding = element.getAsJsonObject();
      assertThat(finding.keySet()).containsExactlyInAnyOrder("name", "status", "value", "remedy");
      assertThat(finding.get("status").getAsString()).isIn("ok", "warning", "error");
      assertThat(text).contains(finding.get("name").getAsString());
    }
    assertThat(text).contains("libtorch", "java", "cache folder");
  }

  @Test
  void doctorShowsMeasuredSpeedsAndLogsToStandardError() throws Exception {
    Path plans = Files.createDirectories(home.resolve("plans"));
    Files.writeString(
        plans.resolve("rates-1.json"),
        """
        {"about": "vgg16 to block5_pool", "timings": [
          {"precision": "FP32", "imagesPerSecond": 6.5},
          {"precision": "INT8", "imagesPerSecond": 25}], "threads": 2}
        """);
    JavaProcess.Result result =
        JavaProcess.run(
            home,
            Map.of("GRAFT_HOME", home.toString()),
            home,
            Main.class.getName(),
            "doctor",
            "--verbose",
            "--json");
    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).contains("INFO");
    JsonElement findings = JsonParser.parseString(result.out()).getAsJsonObject().get("findings");
    assertThat(findings.toString())
        .contains("vgg16 to block5_pool: int8 25.0 images/s, fp32 6.5 images/s, on 2 threads");
  }
}

package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The commands that only tell. */
class InformationTest {

  @Test
  void zooListNamesEveryNetwork() {
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
      assertThat(backbone.get("here").getAsBoolean()).isFalse();
      names.add(backbone.get("name").getAsString());
      assertThat(text).contains(backbone.get("source").getAsString());
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
            "vgg16.keras_notop");
    // torchvision's documentation of VGG16_Weights.IMAGENET1K_V1: num_params 138357544.
    JsonObject vgg16 = json.getAsJsonArray("backbones").get(2).getAsJsonObject();
    assertThat(vgg16.get("parameters").getAsLong()).isEqualTo(138_357_544);
    assertThat(vgg16.get("top1_percent").getAsDouble()).isEqualTo(71.592);
    assertThat(text).contains("138357544", "top-1 71.6 %");
  }

  @Test
  void doctorSaysWhatItFinds() {
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
}

package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Vgg;
import io.graft.testing.FormulaWeights;
import io.graft.testing.JavaProcess;
import io.graft.testing.Notes;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Simulates a CPU without int8 instructions: an environment variable limits oneDNN to AVX2. */
class Int8SumsTest {

  @TempDir Path folder;

  @Test
  void int8IsNotChosenWithoutVnniOrAmx() throws Exception {
    assumeTrue(System.getProperty("os.arch").equals("amd64"));
    JavaProcess.Result result =
        JavaProcess.run(
            folder,
            Map.of("ONEDNN_MAX_CPU_ISA", "AVX2"),
            folder,
            Chooser.class.getName(),
            folder.toString());
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("exact: false").doesNotContain("chosen: int8");
    if (result.out().contains("first: INT8")) {
      assertThat(result.out()).contains("int8 is not used", "neither VNNI nor AMX");
    }
  }

  /** Chooses a plan for a small network and prints it. */
  static final class Chooser {

    public static void main(String[] arguments) {
      InputSpec input = InputSpec.TORCHVISION.withSize(64);
      Network vgg = Vgg.network("vgg16", new Vgg.Dimensions(64, 8, 16, 10));
      Network frozen = vgg.prefix(vgg.indexAfter("block5_pool"));
      Path folder = Path.of(arguments[0]);
      PlanChooser chooser = new PlanChooser(folder, folder, Notes.to(System.out::println));
      try (FrozenLayers layers =
          FrozenLayers.of(
              frozen,
              input,
              () -> new FormulaWeights(vgg, 3),
              Device.cpu(),
              Plan.exact(Device.cpu()))) {
        System.out.println("exact: " + Int8Sums.areExact(layers.manager()));
        SampleImages sample = new SampleImages("sample", FrozenLayersFixture.images(4, input), 4);
        PlanChooser.Choice choice = chooser.choose(layers, Optional.empty(), () -> sample);
        System.out.println("first: " + chooser.measured().get(0).fastestFirst().get(0));
        System.out.println("chosen: " + choice.plan().precision().word());
      }
    }
  }
}

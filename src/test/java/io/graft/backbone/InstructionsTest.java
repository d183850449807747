package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.image.InputSpec;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.Vgg;
import io.graft.runtime.Processor;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.FormulaWeights;
import io.graft.testing.JavaProcess;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Simulates a CPU without instructions for int8 and bf16: an environment variable limits oneDNN to
 * AVX2.
 */
class InstructionsTest {

  @TempDir Path folder;

  @Test
  void reducedPrecisionsAreNotMeasuredWithoutTheirInstructions() throws Exception {
    assumeTrue(System.getProperty("os.arch").equals("amd64"));
    JavaProcess.Result result =
        JavaProcess.run(
            folder,
            Map.of("ONEDNN_MAX_CPU_ISA", "AVX2"),
            folder,
            Chooser.class.getName(),
            folder.toString());
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("exact: false", "int8 is left out", "neither VNNI nor AMX")
        .contains("bf16 is left out")
        .contains("chosen: fp32");
  }

  @Test
  void bf16IsFitWhereTheProcessorNamesAnInstructionSetForIt() {
    String processor = Processor.describe();
    assumeTrue(processor.contains("avx512f"));
    boolean named = processor.contains("avx512_bf16") || processor.contains("amx_bf16");
    TorchRuntime.load();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      LongSupplier clock = Instruments.HERE.clock(Device.cpu());
      Optional<String> unfit = Instructions.unfit(Precision.BF16, manager, clock);
      assertThat(unfit.isEmpty()).as(processor + ": " + unfit).isEqualTo(named);
      assertThat(Instructions.unfit(Precision.FP32, manager, clock)).isEmpty();
    }
  }

  @Test
  void aClockThatStandsStillLeavesOutNothing() {
    TorchRuntime.load();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      assertThat(Instructions.unfit(Precision.BF16, manager, () -> 7)).isEmpty();
    }
  }

  /** Chooses a plan for a small network and prints it. */
  static final class Chooser {

    private static Progress printing() {
      return new Progress() {
        @Override
        public void detail(String line) {
          System.out.println(line);
        }
      };
    }

    public static void main(String[] arguments) {
      InputSpec input = InputSpec.TORCHVISION.withSize(64);
      Network vgg = Vgg.network("vgg16", new Vgg.Dimensions(64, 8, 16, 10));
      Network frozen = vgg.prefix(vgg.indexAfter("block5_pool"));
      Path folder = Path.of(arguments[0]);
      PlanChooser chooser = new PlanChooser(folder, folder, Instruments.HERE, printing());
      try (FrozenLayers layers =
          FrozenLayers.of(
              frozen,
              input,
              () -> new FormulaWeights(vgg, 3),
              Device.cpu(),
              Plan.exact(Device.cpu()))) {
        System.out.println("exact: " + Instructions.int8IsExact(layers.manager()));
        SampleImages sample = new SampleImages("sample", FrozenLayersFixture.images(4, input), 4);
        PlanChooser.Choice choice = chooser.choose(layers, Optional.empty(), () -> sample);
        System.out.println("chosen: " + choice.plan().precision().word());
      }
    }
  }
}

package io.graft.backbone;

import static io.graft.nn.Precision.BF16;
import static io.graft.nn.Precision.FP16;
import static io.graft.nn.Precision.FP32;
import static io.graft.nn.Precision.INT8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.graft.nn.Precision;
import io.graft.runtime.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chooses plans on simulated machines, whose speeds are known. */
class PlanMeasuringTest {

  private static final int SAMPLE = PlanChooser.SAMPLE_SIZE;

  @TempDir Path folder;

  private PlanChooser chooser(SimulatedMachine machine) {
    return new PlanChooser(folder, folder, machine, Progress.NONE);
  }

  private Plan choose(SimulatedMachine machine, Optional<Precision> asked, String sample) {
    try (FrozenLayers layers = machine.layers()) {
      return chooser(machine)
          .choose(layers, asked, () -> SimulatedMachine.sample(sample, SAMPLE))
          .plan();
    }
  }

  private static SimulatedMachine cpu(double fp32, double bf16, double int8) {
    return new SimulatedMachine(Device.cpu(), Map.of(FP32, fp32, BF16, bf16, INT8, int8), 0.01);
  }

  /** The speeds of an H100. */
  private static SimulatedMachine gpu(double fp16, double bf16) {
    return new SimulatedMachine(Device.gpu(0), Map.of(FP32, 1_140.0, FP16, fp16, BF16, bf16), 0.12);
  }

  private double measured(SimulatedMachine machine, Precision precision) {
    return chooser(machine).measured().get(0).timings().stream()
        .filter(timing -> timing.precision() == precision)
        .findFirst()
        .orElseThrow()
        .imagesPerSecond();
  }

  @Test
  void aGpuIsMeasuredInWholeBatchesAfterItIsWarm() {
    SimulatedMachine machine = gpu(13_300, 12_100);
    assertThat(choose(machine, Optional.empty(), "a").precision()).isEqualTo(FP16);
    assertThat(measured(machine, FP16)).isCloseTo(13_300, within(100.0));
    assertThat(measured(machine, BF16)).isCloseTo(12_100, within(100.0));
    assertThat(measured(machine, FP32)).isCloseTo(1_140, within(10.0));
    assertThat(machine.largest).containsEntry(FP16, 128).containsEntry(FP32, 64);
  }

  @Test
  void theCloserPrecisionIsTakenUnlessAnotherIsOverFivePercentFaster() {
    assertThat(choose(gpu(10_000, 10_400), Optional.empty(), "a").precision()).isEqualTo(FP16);
  }

  @Test
  void aPrecisionThatIsOverFivePercentFasterIsTaken() {
    assertThat(choose(gpu(10_000, 10_600), Optional.empty(), "a").precision()).isEqualTo(BF16);
  }

  @Test
  void eachPrecisionIsLoadedOnceAndComputesTheSampleOnce() {
    SimulatedMachine machine = cpu(10, 20, 22);
    assertThat(choose(machine, Optional.empty(), "a").precision()).isEqualTo(INT8);
    assertThat(machine.loaded).containsExactly(FP32, INT8, BF16);
    assertThat(machine.images).isEqualTo(Map.of(FP32, SAMPLE, INT8, SAMPLE, BF16, SAMPLE));
  }

  @Test
  void aClearlySlowerPrecisionEndsAfterTheFirstPass() {
    SimulatedMachine machine = cpu(10, 1, 40);
    assertThat(choose(machine, Optional.empty(), "a").precision()).isEqualTo(INT8);
    assertThat(machine.images).containsEntry(BF16, 2);
    assertThat(measured(machine, BF16)).isLessThan(2);
  }

  @Test
  void aPrecisionWithoutItsInstructionsIsNotEvenLoaded() {
    SimulatedMachine machine = cpu(10, 1, 40);
    machine.unfit.add(BF16);
    assertThat(choose(machine, Optional.empty(), "a").precision()).isEqualTo(INT8);
    assertThat(machine.loaded).containsExactly(FP32, INT8);
    // One that is asked for is computed all the same.
    assertThat(choose(machine, Optional.of(BF16), "a").precision()).isEqualTo(BF16);
  }

  @Test
  void anInfiniteActivationLeavesOutInt8() {
    SimulatedMachine machine = cpu(10, 20, 40);
    machine.activations = List.of(Float.POSITIVE_INFINITY, 1f);
    assertThat(choose(machine, Optional.empty(), "a").precision()).isEqualTo(BF16);
    assertThatThrownBy(() -> choose(machine, Optional.of(INT8), "a"))
        .isInstanceOf(UnsupportedPrecisionException.class)
        .cause()
        .hasMessageContaining("is infinite in fp32");
  }

  @Test
  void anotherSampleIsComparedWithoutMeasuringAgain() {
    SimulatedMachine machine = cpu(10, 20, 40);
    choose(machine, Optional.empty(), "a");
    machine.loaded.clear();
    choose(machine, Optional.empty(), "b");
    assertThat(machine.loaded).containsExactlyInAnyOrder(FP32, INT8);
    machine.loaded.clear();
    choose(machine, Optional.empty(), "b");
    assertThat(machine.loaded).isEmpty();
  }

  @Test
  void anAskedPrecisionIsComparedButNoOtherIsMeasured() {
    SimulatedMachine machine = cpu(10, 20, 40);
    choose(machine, Optional.of(BF16), "a");
    assertThat(machine.loaded).containsExactlyInAnyOrder(FP32, BF16);
    assertThat(machine.images).isEqualTo(Map.of(FP32, SAMPLE, BF16, SAMPLE));
    assertThat(chooser(machine).measured()).isEmpty();
  }

  @Test
  void moreThreadsMustBeOverFivePercentFaster() {
    SimulatedMachine even = cpu(10, 20, 40);
    even.threads.putAll(Map.of(4, 1.0, 8, 1.04));
    assertThat(choose(even, Optional.empty(), "a").threads()).isEqualTo(4);
    SimulatedMachine faster = cpu(10, 20, 40);
    faster.threads.putAll(Map.of(3, 1.0, 6, 1.06));
    assertThat(choose(faster, Optional.empty(), "a").threads()).isEqualTo(6);
    int loads = faster.loaded.size();
    assertThat(choose(faster, Optional.empty(), "a").threads()).isEqualTo(6);
    assertThat(faster.loaded).hasSize(loads);
  }

  @Test
  void theChoiceDoesNotDependOnWhatIsCached() {
    SimulatedMachine machine = cpu(10, 20, 22);
    Plan first = choose(machine, Optional.of(INT8), "a");
    assertThat(choose(machine, Optional.empty(), "a")).isEqualTo(first);
    assertThat(List.of(choose(machine, Optional.empty(), "b"))).containsExactly(first);
  }
}

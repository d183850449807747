package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.images;
import static io.graft.nn.Precision.BF16;
import static io.graft.nn.Precision.FP32;
import static io.graft.nn.Precision.INT8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.nn.Vgg;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorSource;
import io.graft.testing.ArrayTensors;
import io.graft.testing.FormulaWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanChooserTest {

  private static final int SIZE = 64;
  private static final int ROWS = 4;
  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(SIZE);
  private static final Network VGG = Vgg.network("vgg16", new Vgg.Dimensions(SIZE, 8, 16, 10));
  private static final Network FROZEN = VGG.prefix(VGG.indexAfter("block5_pool"));

  @TempDir Path folder;

  private final List<String> notes = new ArrayList<>();
  private final List<String> details = new ArrayList<>();
  private final Progress listener =
      new Progress() {
        @Override
        public void note(String line) {
          notes.add(line);
        }

        @Override
        public void detail(String line) {
          details.add(line);
        }
      };

  private PlanChooser chooser() {
    return new PlanChooser(
        folder.resolve("plans"), folder.resolve("plans"), Instruments.HERE, listener);
  }

  private static Supplier<SampleImages> sample(int rows) {
    return () -> new SampleImages(rows + " images", images(rows, INPUT), rows);
  }

  private static FrozenLayers layers(Network network, Supplier<TensorSource> weights) {
    return FrozenLayers.of(network, INPUT, weights, Device.cpu(), Plan.exact(Device.cpu()));
  }

  private static FrozenLayers vgg() {
    return layers(FROZEN, () -> new FormulaWeights(VGG, 3));
  }

  @Test
  void choosesTheFastestPrecisionThatAgreesAndReusesTheCachedChoice() {
    PlanChooser.Choice choice;
    try (FrozenLayers layers = vgg()) {
      choice = chooser().choose(layers, Optional.empty(), sample(ROWS));
      List<PlanTimings.Timing> timings = chooser().measured().get(0).timings();
      assertThat(timings)
          .extracting(PlanTimings.Timing::precision)
          .contains(Precision.FP32)
          .doesNotHaveDuplicates();
      if (choice.plan().precision() != Precision.FP32) {
        assertThat(choice.agreement().orElseThrow().isClose()).isTrue();
      }
      assertThat(details).anyMatch(line -> line.contains("images/s"));
    }
    AtomicInteger opened = new AtomicInteger();
    Supplier<TensorSource> weights =
        () -> {
          opened.incrementAndGet();
          return new FormulaWeights(VGG, 3);
        };
    try (FrozenLayers layers = layers(FROZEN, weights)) {
      assertThat(chooser().choose(layers, Optional.empty(), sample(ROWS))).isEqualTo(choice);
      // The weights are read only for their digest.
      assertThat(opened).hasValue(1);
    }
  }

  @Test
  void fp32NeedsNoMeasurement() {
    try (FrozenLayers layers = vgg()) {
      PlanChooser.Choice choice =
          chooser()
              .choose(
                  layers,
                  Optional.of(Precision.FP32),
                  () -> {
                    throw new AssertionError("no image is needed");
                  });
      assertThat(choice.plan()).isEqualTo(Plan.exact(Device.cpu()));
      assertThat(folder.resolve("plans")).doesNotExist();
    }
  }

  @Test
  void refusesPrecisionsThatTheDeviceDoesNotSupport() {
    try (FrozenLayers layers = vgg()) {
      assertThatThrownBy(() -> chooser().choose(layers, Optional.of(Precision.FP16), sample(ROWS)))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContainingAll("fp16", "cpu", "int8, bf16, fp32");
    }
  }

  @Test
  void repeatsUnreadableMeasurements() throws IOException {
    try (FrozenLayers layers = vgg()) {
      PlanChooser.Choice choice =
          chooser().choose(layers, Optional.of(Precision.INT8), sample(ROWS));
      for (String damage : List.of("", "[", "{}", "null", "{\"about\":\"x\",\"timings\":[null]}")) {
        try (Stream<Path> files = Files.list(folder.resolve("plans"))) {
          for (Path file : files.toList()) {
            Files.writeString(file, damage);
          }
        }
        assertThat(chooser().choose(layers, Optional.of(Precision.INT8), sample(ROWS)))
            .as(damage)
            .isEqualTo(choice);
      }
    }
  }

  /**
   * One channel is 100,000 times larger than the other, and only the smaller one reaches the
   * output. With one scale for both channels, int8 rounds the smaller one to zero.
   */
  @Test
  void excludesPrecisionsWithDifferentFeaturesAndReportsTheReason() {
    Network network =
        new Network(
            "uneven",
            new Shape(3, SIZE, SIZE),
            List.of(
                new NamedLayer("a", "a", new Layer.Conv2d(3, 2, 1, 1, 0)),
                new NamedLayer("a_relu", "a_relu", new Layer.Relu()),
                new NamedLayer("b", "b", new Layer.Conv2d(2, 2, 1, 1, 0)),
                new NamedLayer("b_relu", "b_relu", new Layer.Relu()),
                new NamedLayer("c", "c", new Layer.Conv2d(2, 1, 1, 1, 0)),
                new NamedLayer("c_relu", "c_relu", new Layer.Relu())));
    Map<String, float[]> weights =
        Map.of(
            "a.weight", new float[] {1e5f, 0, 0, 0, 1, 0},
            "a.bias", new float[] {3e5f, 3},
            "b.weight", new float[] {0, 1, 0, 1},
            "b.bias", new float[2],
            "c.weight", new float[] {1, 1},
            "c.bias", new float[1]);
    try (FrozenLayers layers = layers(network, () -> new ArrayTensors(network, weights))) {
      PlanChooser.Choice requested =
          chooser().choose(layers, Optional.of(Precision.INT8), sample(ROWS));
      assertThat(requested.plan().precision()).isEqualTo(Precision.INT8);
      assertThat(requested.agreement().orElseThrow().isClose()).isFalse();
      PlanChooser.Choice automatic = chooser().choose(layers, Optional.empty(), sample(ROWS));
      assertThat(automatic.plan().precision()).isNotEqualTo(Precision.INT8);
      List<Precision> order = chooser().measured().get(0).fastestFirst();
      if (order.indexOf(INT8) < order.indexOf(automatic.plan().precision())) {
        assertThat(notes).anyMatch(line -> line.startsWith("int8 is not used"));
      }
    }
  }

  @Test
  void choosesFp32ForNaNWeights() {
    Map<String, float[]> broken = new HashMap<>();
    FROZEN
        .parameterShapes()
        .forEach((name, shape) -> broken.put(name, new float[(int) shape.size()]));
    Arrays.fill(broken.get("features.0.weight"), Float.NaN);
    try (FrozenLayers damaged = layers(FROZEN, () -> new ArrayTensors(FROZEN, broken));
        FrozenLayers intact = vgg()) {
      for (int run = 0; run < 2; run++) {
        PlanChooser.Choice choice = chooser().choose(damaged, Optional.empty(), sample(ROWS));
        assertThat(choice.plan()).isEqualTo(Plan.exact(Device.cpu()));
        // Cached speeds of other weights of the same network do not change this.
        chooser().choose(intact, Optional.of(Precision.INT8), sample(ROWS));
      }
      assertThat(details).anyMatch(line -> line.matches("int8 is left out: .*"));
      assertThatThrownBy(() -> chooser().choose(damaged, Optional.of(Precision.INT8), sample(ROWS)))
          .isInstanceOf(UnsupportedPrecisionException.class)
          .hasMessageContaining("choose fp32");
    }
  }

  @Test
  void prefersTheClosestPrecisionAtSimilarSpeed() {
    assertThat(order(104, 100, 50)).containsExactly(BF16, INT8, FP32);
    assertThat(order(106, 100, 50)).containsExactly(INT8, BF16, FP32);
    assertThat(order(104, 100, 100)).containsExactly(FP32, BF16, INT8);
    assertThat(order(104, 100, 96)).containsExactly(BF16, INT8, FP32);
    assertThat(order(10, 20, 60)).containsExactly(FP32, BF16, INT8);
  }

  private static List<Precision> order(double int8, double bf16, double fp32) {
    return new PlanTimings(
            "a machine",
            2,
            List.of(
                new PlanTimings.Timing(INT8, int8),
                new PlanTimings.Timing(BF16, bf16),
                new PlanTimings.Timing(FP32, fp32)))
        .fastestFirst();
  }

  @Test
  void choosesAThreadCountThatItTried() {
    try (FrozenLayers layers = vgg();
        PlanTrials trials =
            new PlanTrials(layers, sample(ROWS).get(), Instruments.HERE, listener)) {
      Plan plan = Plan.of(BF16, List.of(), Device.cpu());
      assertThat(trials.fastestThreads(plan, List.of(1, 2))).isIn(1, 2);
    }
  }

  @Test
  void canStopBeforeEveryForwardPass() {
    int queries = -queriesLeft(0, "whole");
    // fp32 runs on the calibration images, four at a time, and on the sample, two at a time; then
    // int8 on the sample.
    assertThat(queries).isEqualTo(2 + 2 + 2);
    for (int done : List.of(0, queries / 2, queries - 1)) {
      assertThatThrownBy(() -> queriesLeft(done + 1, "after " + done))
          .isInstanceOf(StoppedException.class)
          .hasMessageContaining("the precision of the frozen layers");
    }
  }

  /**
   * Chooses a plan and requests a stop at query number {@code stopAt}, or never if it is 0. Returns
   * {@code stopAt} minus the number of queries.
   */
  private int queriesLeft(int stopAt, String name) {
    AtomicInteger left = new AtomicInteger(stopAt);
    Progress stopping =
        new Progress() {
          @Override
          public boolean stopRequested() {
            return left.decrementAndGet() == 0;
          }
        };
    Path fresh = folder.resolve(name);
    try (FrozenLayers layers = vgg()) {
      new PlanChooser(fresh, fresh, Instruments.HERE, stopping)
          .choose(layers, Optional.of(INT8), sample(ROWS));
    }
    return left.get();
  }

  @Test
  void scalesDependOnTheWeightsAndNotOnTheSample() {
    Optional<Precision> int8 = Optional.of(INT8);
    PlanChooser other =
        new PlanChooser(folder.resolve("others"), folder.resolve("o"), Instruments.HERE, listener);
    try (FrozenLayers layers = vgg();
        FrozenLayers others = layers(FROZEN, () -> new FormulaWeights(VGG, 4))) {
      ByteBuffer grey = ByteBuffer.allocateDirect(ROWS * INPUT.bytes());
      while (grey.hasRemaining()) {
        grey.put((byte) (120 + grey.position() % 7));
      }
      SampleImages greys = new SampleImages("grey", grey.flip(), ROWS);
      List<Float> scales = chooser().choose(layers, int8, () -> greys).plan().scales();
      assertThat(other.choose(layers, int8, sample(ROWS)).plan().scales()).isEqualTo(scales);
      assertThat(chooser().choose(layers, int8, sample(ROWS)).plan().scales()).isEqualTo(scales);
      assertThat(chooser().choose(others, int8, sample(ROWS)).plan().scales()).isNotEqualTo(scales);
      assertThat(notes).isEmpty();
    }
  }

  @Test
  void scalesHaveFewBitsAndCoverTheLargestActivations() {
    try (FrozenLayers layers = vgg()) {
      SampleImages images = sample(ROWS).get();
      List<Float> largest = layers.largestActivations(images.pixels(), ROWS);
      List<Float> scales = ActivationScales.of(layers, images, () -> {});
      assertThat(scales).hasSize(largest.size() - 1);
      for (int i = 0; i < scales.size(); i++) {
        assertThat(255 * scales.get(i) / largest.get(i)).isCloseTo(1.1f, within(0.02f));
        assertThat(Float.floatToIntBits(scales.get(i)) & 0x3ffff).isZero();
      }
    }
  }

  @Test
  void recomputesScalesOfAnotherRuleAndReportsIt() throws IOException {
    Optional<Precision> int8 = Optional.of(INT8);
    try (FrozenLayers layers = vgg()) {
      PlanChooser.Choice choice = chooser().choose(layers, int8, sample(ROWS));
      try (Stream<Path> files = Files.list(folder.resolve("plans"))) {
        for (Path file : files.filter(f -> f.toString().contains("calibration-")).toList()) {
          Files.writeString(
              file,
              "{\"scales\": [0.5, 0.25], \"agreements\": {\"INT8\": {\"mean\": 1, \"smallest\":"
                  + " 1}}}");
        }
      }
      assertThat(chooser().choose(layers, int8, sample(ROWS))).isEqualTo(choice);
      assertThat(chooser().choose(layers, int8, sample(ROWS))).isEqualTo(choice);
      assertThat(notes).singleElement().asString().contains("cached int8 scales", "computed again");
    }
  }

  @Test
  void storesScalesNextToTheFeatures() {
    Path scales = folder.resolve("features");
    PlanChooser chooser =
        new PlanChooser(folder.resolve("plans"), scales, Instruments.HERE, listener);
    try (FrozenLayers layers = vgg()) {
      chooser.choose(layers, Optional.of(INT8), sample(ROWS));
      assertThat(scales).isDirectoryContaining("glob:**calibration-*.json");
      assertThat(folder.resolve("plans")).isDirectoryNotContaining("glob:**calibration-*.json");
    }
  }

  @Test
  void agreementIsTheCosineSimilarityOfEachImage() {
    float[] reference = {1, 0, 0, 2, 3, 4, 0, 0};
    float[] features = {2, 0, 0, 1, 4, 3, 0, 0};
    Agreement agreement = Agreement.of(reference, features, 4);
    // (1, 0) and (2, 0); (0, 2) and (0, 1); (3, 4) and (4, 3): 24 / 25; zeros and zeros.
    assertThat(agreement.mean()).isCloseTo((1 + 1 + 0.96 + 1) / 4, within(1e-12));
    assertThat(agreement.smallest()).isCloseTo(0.96, within(1e-12));
    assertThat(agreement.isClose()).isFalse();
    assertThat(Agreement.of(new float[] {1, 0}, new float[] {0, 0}, 1).smallest()).isEqualTo(-1);
    assertThat(Agreement.of(new float[] {1}, new float[] {Float.NaN}, 1).smallest()).isEqualTo(-1);
    assertThat(new Agreement(0.999, 0.99).isClose()).isTrue();
    assertThat(new Agreement(0.9989, 0.995).isClose()).isFalse();
    assertThat(new Agreement(0.9999, 0.9899).isClose()).isFalse();
  }
}

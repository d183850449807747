package io.graft.backbone;

import static io.graft.backbone.Prefixes.pictures;
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
import io.graft.runtime.UnsupportedPrecisionException;
import io.graft.testing.ArrayTensors;
import io.graft.testing.FormulaWeights;
import io.graft.weights.TensorSource;
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
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanChooserTest {

  private static final int SIZE = 64;
  private static final int ROWS = 4;
  private static final InputSpec INPUT = InputSpec.TORCHVISION.withSize(SIZE);
  private static final Network VGG = Vgg.network("vgg16", new Vgg.Dimensions(SIZE, 8, 16, 10));
  private static final Network FROZEN = VGG.prefix(VGG.indexBehind("block5_pool"));

  @TempDir Path folder;

  private final List<String> notes = new ArrayList<>();
  private final List<String> details = new ArrayList<>();
  private final PlanListener listener =
      new PlanListener() {
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
    return new PlanChooser(folder.resolve("plans"), folder.resolve("plans"), listener);
  }

  private static FrozenPrefix prefix(Network network, Supplier<TensorSource> weights) {
    return FrozenPrefix.of(network, INPUT, weights, Device.cpu(), Plan.exact(Device.cpu()));
  }

  private static FrozenPrefix vgg() {
    return prefix(FROZEN, () -> new FormulaWeights(VGG, 3));
  }

  @Test
  void theFastestThatAgreesIsChosenAndFoundAgainWithoutComputing() {
    try (FrozenPrefix prefix = vgg()) {
      assertThat(chooser().kept(prefix, Optional.empty())).isEmpty();
      PlanChooser.Choice choice =
          chooser().choose(prefix, Optional.empty(), pictures(ROWS, INPUT), ROWS);
      List<PlanTiming> timings = chooser().measured().get(0).timings();
      assertThat(timings)
          .extracting(PlanTiming::precision)
          .contains(Precision.FP32)
          .doesNotHaveDuplicates();
      assertThat(timings)
          .isSortedAccordingTo((a, b) -> Double.compare(b.imagesPerSecond(), a.imagesPerSecond()));
      if (choice.plan().precision() != Precision.FP32) {
        assertThat(choice.agreement().orElseThrow().isClose()).isTrue();
      }
      assertThat(chooser().kept(prefix, Optional.empty())).contains(choice);
      assertThat(details).anyMatch(line -> line.contains("images/s"));
    }
  }

  @Test
  void fp32NeedsNoMeasurement() {
    try (FrozenPrefix prefix = vgg()) {
      PlanChooser.Choice choice =
          chooser().choose(prefix, Optional.of(Precision.FP32), pictures(ROWS, INPUT), ROWS);
      assertThat(choice.plan()).isEqualTo(Plan.exact(Device.cpu()));
      assertThat(chooser().kept(prefix, Optional.of(Precision.FP32))).contains(choice);
      assertThat(folder.resolve("plans")).doesNotExist();
    }
  }

  @Test
  void whatADeviceDoesNotOfferIsRefused() {
    try (FrozenPrefix prefix = vgg()) {
      assertThatThrownBy(() -> chooser().kept(prefix, Optional.of(Precision.FP16)))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContainingAll("fp16", "cpu", "int8, bf16, fp32");
    }
  }

  @Test
  void measurementsThatCannotBeReadAreMadeAgain() throws IOException {
    try (FrozenPrefix prefix = vgg()) {
      PlanChooser.Choice choice =
          chooser().choose(prefix, Optional.of(Precision.INT8), pictures(ROWS, INPUT), ROWS);
      for (String damage : List.of("", "[", "{}", "null", "{\"about\":\"x\",\"timings\":[null]}")) {
        try (Stream<Path> files = Files.list(folder.resolve("plans"))) {
          for (Path file : files.toList()) {
            Files.writeString(file, damage);
          }
        }
        assertThat(chooser().kept(prefix, Optional.of(Precision.INT8))).as(damage).isEmpty();
        assertThat(
                chooser()
                    .choose(prefix, Optional.of(Precision.INT8), pictures(ROWS, INPUT), ROWS)
                    .plan()
                    .scales())
            .isEqualTo(choice.plan().scales());
      }
    }
  }

  /**
   * A channel a hundred thousand times larger than the one that alone reaches the output: a scale
   * for both leaves nothing of the smaller one in eight bits.
   */
  @Test
  void aPrecisionWhoseFeaturesDifferIsLeftOutAndTheReasonIsSaid() {
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
    try (FrozenPrefix prefix = prefix(network, () -> new ArrayTensors(network, weights))) {
      PlanChooser.Choice asked =
          chooser().choose(prefix, Optional.of(Precision.INT8), pictures(ROWS, INPUT), ROWS);
      assertThat(asked.plan().precision()).isEqualTo(Precision.INT8);
      assertThat(asked.agreement().orElseThrow().isClose()).isFalse();
      PlanChooser.Choice free =
          chooser().choose(prefix, Optional.empty(), pictures(ROWS, INPUT), ROWS);
      assertThat(free.plan().precision()).isNotEqualTo(Precision.INT8);
      List<PlanTiming> faster =
          chooser().measured().get(0).timings().stream()
              .takeWhile(timing -> timing.precision() != free.plan().precision())
              .toList();
      if (faster.stream().anyMatch(timing -> timing.precision() == Precision.INT8)) {
        assertThat(notes).anyMatch(line -> line.startsWith("int8 is not used"));
      }
    }
  }

  @Test
  void layersThatOnlyTheReferenceComputesHaveFp32() {
    Map<String, float[]> broken = new HashMap<>();
    FROZEN
        .parameterShapes()
        .forEach((name, shape) -> broken.put(name, new float[(int) shape.size()]));
    Arrays.fill(broken.get("features.0.weight"), Float.NaN);
    try (FrozenPrefix damaged = prefix(FROZEN, () -> new ArrayTensors(FROZEN, broken));
        FrozenPrefix sound = vgg()) {
      for (int run = 0; run < 2; run++) {
        PlanChooser.Choice choice =
            chooser().choose(damaged, Optional.empty(), pictures(ROWS, INPUT), ROWS);
        assertThat(choice.plan()).isEqualTo(Plan.exact(Device.cpu()));
        // Speeds that other weights of the same network had do not change that.
        chooser().choose(sound, Optional.of(Precision.INT8), pictures(ROWS, INPUT), ROWS);
      }
      assertThat(details).anyMatch(line -> line.matches("int8 is left out: .*"));
      assertThatThrownBy(
              () ->
                  chooser()
                      .choose(damaged, Optional.of(Precision.INT8), pictures(ROWS, INPUT), ROWS))
          .isInstanceOf(UnsupportedPrecisionException.class)
          .hasMessageContaining("name fp32");
    }
  }

  @Test
  void everyMicroBatchIsMeasuredAndTheFastestWithEachNumberOfThreads() {
    try (FrozenPrefix prefix = vgg()) {
      PlanTrials trials = new PlanTrials(prefix, pictures(ROWS, INPUT), ROWS);
      // More pictures at once than there are in the sample, too.
      List<PlanTiming> timings =
          trials.time(
              new Plan(Precision.BF16, 2, 1, List.of()), List.of(2, 2 * ROWS), List.of(1, 2));
      assertThat(timings)
          .hasSize(3)
          .isSortedAccordingTo((a, b) -> Double.compare(b.imagesPerSecond(), a.imagesPerSecond()));
      assertThat(timings)
          .filteredOn(timing -> timing.threads() == 1)
          .extracting(PlanTiming::microBatch)
          .containsExactlyInAnyOrder(2, 2 * ROWS);
      int best =
          timings.stream()
              .filter(timing -> timing.threads() == 1)
              .findFirst()
              .orElseThrow()
              .microBatch();
      assertThat(timings)
          .filteredOn(timing -> timing.threads() == 2)
          .singleElement()
          .satisfies(timing -> assertThat(timing.microBatch()).isEqualTo(best));
    }
  }

  @Test
  void scalesAreKeptWhereTheFeaturesAre() {
    Path scales = folder.resolve("features");
    PlanChooser chooser = new PlanChooser(folder.resolve("plans"), scales, listener);
    try (FrozenPrefix prefix = vgg()) {
      Optional<Precision> int8 = Optional.of(Precision.INT8);
      PlanChooser.Choice choice = chooser.choose(prefix, int8, pictures(ROWS, INPUT), ROWS);
      // Another machine, or another user, with the same features.
      PlanChooser other = new PlanChooser(folder.resolve("others"), scales, listener);
      ByteBuffer pictures = pictures(ROWS + 1, INPUT);
      assertThat(other.choose(prefix, int8, pictures, ROWS + 1).plan().scales())
          .isEqualTo(choice.plan().scales());
    }
  }

  @Test
  void scalesStayForImagesThatTheySuitAndWidenForOthers() {
    try (FrozenPrefix prefix = vgg()) {
      ByteBuffer grey = ByteBuffer.allocateDirect(ROWS * INPUT.bytes());
      while (grey.hasRemaining()) {
        grey.put((byte) (120 + grey.position() % 7));
      }
      Optional<Precision> int8 = Optional.of(Precision.INT8);
      List<Float> narrow = chooser().choose(prefix, int8, grey.flip(), ROWS).plan().scales();
      PlanChooser.Choice wide = chooser().choose(prefix, int8, pictures(ROWS, INPUT), ROWS);
      assertThat(notes).singleElement().asString().startsWith("int8 is calibrated again");
      assertThat(wide.agreement().orElseThrow().isClose()).isTrue();
      for (int i = 0; i < narrow.size(); i++) {
        assertThat(wide.plan().scales().get(i)).isGreaterThanOrEqualTo(narrow.get(i));
      }
      assertThat(wide.plan().scales()).isNotEqualTo(narrow);
      notes.clear();
      assertThat(chooser().choose(prefix, int8, pictures(ROWS, INPUT), ROWS).plan())
          .isEqualTo(wide.plan());
      assertThat(notes).isEmpty();
    }
  }

  @Test
  void agreementIsTheCosineOfEachImage() {
    float[] reference = {1, 0, 0, 2, 3, 4, 0, 0};
    float[] features = {2, 0, 0, 1, 4, 3, 0, 0};
    Agreement agreement = Agreement.of(reference, features, 4);
    // (1, 0) and (2, 0); (0, 2) and (0, 1); (3, 4) and (4, 3): 24 / 25; nothing and nothing.
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

package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Counts, with libtorch's profiler, how often a step calls libtorch and how often it reads a number
 * out of a tensor. Each such read waits for the tensor's device. The learning rate, the number of
 * the step and whether a batch is the last one are in host memory, so reading them waits for
 * nothing. Only RMSProp reads a number on the device.
 */
class StepCallsTest {

  private static final int STEPS = 4;
  private static final int ROWS = 2;
  private static final String READ = "aten::_local_scalar_dense";

  @TempDir Path folder;

  /**
   * What the profiler saw.
   *
   * @param start when the operator began, in microseconds
   */
  private record Event(String name, double start, double end) {

    static Event of(JsonObject json) {
      double start = json.get("ts").getAsDouble();
      return new Event(
          json.get("name").getAsString(), start, start + json.get("dur").getAsDouble());
    }
  }

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  static Stream<Arguments> steps() {
    Optimization adam = new Optimization();
    return Stream.of(
        // Rate and number are arguments, not tensors.
        Arguments.of(CheckpointTraining.LINEAR, Optional.empty(), 0),
        // Rate and number.
        Arguments.of(CheckpointTraining.DEEP, Optional.of(adam), 2),
        Arguments.of(CheckpointTraining.DEEP, with(new Optimizer.AdamW(), 1), 2),
        // Only the rate.
        Arguments.of(CheckpointTraining.DEEP, with(new Optimizer.Sgd(0.9, true, 0.01), 1), 1),
        // Rate, number, and whether the batch is the last one.
        Arguments.of(CheckpointTraining.DEEP, with(new Optimizer.Adam(), 2), 3),
        // The rate and, on the device, whether the loss was finite.
        Arguments.of(CheckpointTraining.DEEP, with(new Optimizer.RmsProp(), 1), 2));
  }

  private static Optional<Optimization> with(Optimizer optimizer, int accumulate) {
    Optimization plain = new Optimization();
    return Optional.of(
        new Optimization(
            optimizer,
            plain.schedule(),
            OptionalDouble.of(1),
            accumulate,
            plain.blockDecay(),
            plain.precision()));
  }

  @ParameterizedTest
  @MethodSource("steps")
  void aStepIsOneCallThatReadsNoOtherNumbers(
      Network network, Optional<Optimization> optimization, int reads) throws IOException {
    Path profile = folder.resolve("profile.json");
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(network, RandomWeights.glorotUniform(network, 1), manager);
      TrainingStep step =
          optimization
              .<TrainingStep>map(options -> autograd(block, options, manager))
              .orElseGet(() -> new FusedLinearStep(block, new Optimizer.Adam(), manager));
      NDArray rows = manager.ones(new Shape(ROWS, 3, 4, 4));
      NDArray labels = manager.create(new long[ROWS]);
      JniUtils.startProfile(false, false, false);
      try {
        for (int i = 0; i < STEPS; i++) {
          step.run(rows, labels, 0.1, true).close();
        }
      } finally {
        JniUtils.stopProfile(profile.toString());
      }
    }
    assertOneCallPerStep(profile, reads);
  }

  private static TrainingStep autograd(
      NetworkBlock block, Optimization optimization, NDManager manager) {
    return new AutogradStep(
        block,
        new Loss.CrossEntropy(),
        optimization,
        new float[] {1, 1, 1},
        Optional.empty(),
        manager);
  }

  private static void assertOneCallPerStep(Path profile, int reads) throws IOException {
    int read = 0;
    List<String> called = new ArrayList<>();
    Deque<Event> within = new ArrayDeque<>();
    for (Event event : events(profile)) {
      while (!within.isEmpty() && event.start() >= within.peek().end()) {
        within.pop();
      }
      if (within.isEmpty()) {
        called.add(event.name());
      }
      // libtorch's optimizers read the number of the step on a CPU and not on a GPU.
      if (event.name().equals(READ)
          && within.stream().noneMatch(outer -> outer.name().startsWith("aten::_fused_"))) {
        read++;
      }
      within.push(event);
    }
    assertThat(called).isEqualTo(Collections.nCopies(STEPS, "forward"));
    assertThat(read).isEqualTo(reads * STEPS);
  }

  /** Returns the events, each before those within it. */
  private static List<Event> events(Path profile) throws IOException {
    return StreamSupport.stream(
            JsonParser.parseString(Files.readString(profile)).getAsJsonArray().spliterator(), false)
        .map(element -> element.getAsJsonObject())
        .filter(json -> json.get("ph").getAsString().equals("X"))
        .map(Event::of)
        .sorted(
            Comparator.comparingDouble(Event::start)
                .thenComparing(Comparator.comparingDouble(Event::end).reversed()))
        .toList();
  }
}

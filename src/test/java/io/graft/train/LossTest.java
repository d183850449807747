package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.eval.SingleLabelEvaluation;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.Loss;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Schedule;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares values and gradients of losses with PyTorch's (make_training.py). */
class LossTest {

  private static final int ROWS = 6;
  private static final int CLASSES = 4;

  private static JsonObject golden;

  @BeforeAll
  static void read() throws IOException {
    TorchRuntime.load();
    golden =
        JsonParser.parseString(Files.readString(Fixtures.path("training.json"))).getAsJsonObject();
  }

  private static Loss loss(String name) {
    return switch (name) {
      case "cross_entropy" -> new Loss.CrossEntropy();
      case "cross_entropy_smoothed" -> new Loss.CrossEntropy(0.1);
      case "mse" -> new Loss.MeanSquaredError();
      case "binary_cross_entropy", "binary_cross_entropy_multi_label" ->
          new Loss.BinaryCrossEntropy();
      default -> new Loss.Focal();
    };
  }

  private static Optional<boolean[][]> targets(String name) {
    if (!name.startsWith("binary")) {
      return Optional.empty();
    }
    boolean[][] targets = new boolean[CLASSES][CLASSES];
    for (int label = 0; label < CLASSES; label++) {
      for (int c = 0; c < CLASSES; c++) {
        targets[label][c] =
            name.endsWith("multi_label")
                ? golden.getAsJsonArray("sets").get(label).getAsJsonArray().get(c).getAsInt() == 1
                : label == c;
      }
    }
    return Optional.of(targets);
  }

  /**
   * If the rows are the identity matrix, the weight of a linear layer is the transposed logits. One
   * step of plain gradient descent with learning rate 1 then subtracts the gradient.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cross_entropy",
        "cross_entropy_smoothed",
        "mse",
        "binary_cross_entropy",
        "focal",
        "cross_entropy_weighted",
        "cross_entropy_smoothed_weighted",
        "mse_weighted",
        "binary_cross_entropy_weighted",
        "binary_cross_entropy_multi_label",
        "focal_weighted"
      })
  void valueAndGradientMatchPyTorch(String name) {
    JsonObject expected = golden.getAsJsonObject("losses").getAsJsonObject(name);
    float[] logits = floats(golden.getAsJsonArray("logits"));
    ClassWeights weights =
        name.endsWith("_weighted")
            ? new ClassWeights.Values(List.of(0.5, 1.0, 2.0, 4.0))
            : new ClassWeights.Equal();
    Network network =
        new Network(
            "linear",
            new Shape(ROWS),
            List.of(new NamedLayer("head", "head", new Layer.Linear(ROWS, CLASSES))));
    float[] weight = new float[CLASSES * ROWS];
    float[] identity = new float[ROWS * ROWS];
    for (int row = 0; row < ROWS; row++) {
      identity[row * ROWS + row] = 1;
      for (int c = 0; c < CLASSES; c++) {
        weight[c * ROWS + row] = logits[row * CLASSES + c];
      }
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(
              network,
              new ArrayTensors(
                  network, Map.of("head.weight", weight, "head.bias", new float[CLASSES])),
              manager);
      AutogradStep step =
          new AutogradStep(
              block,
              loss(name.replace("_weighted", "")),
              new Optimization(
                  new Optimizer.Sgd(), new Schedule.Constant(), OptionalDouble.empty(), 1),
              weights.of(new int[0], CLASSES),
              targets(name),
              manager);
      NDArray labels =
          manager.create(
              golden.getAsJsonArray("labels").asList().stream()
                  .mapToLong(JsonElement::getAsLong)
                  .toArray());
      double value =
          step.run(manager.create(identity, new Shape(ROWS, ROWS)), labels, 1, true)
              .toDoubleArray()[0];
      assertThat(value).isCloseTo(expected.get("value").getAsDouble(), within(1e-6));
      float[] updated = block.getParameters().get("head.weight").getArray().toFloatArray();
      float[] gradient = floats(expected.getAsJsonArray("gradient"));
      for (int row = 0; row < ROWS; row++) {
        for (int c = 0; c < CLASSES; c++) {
          float actual = weight[c * ROWS + row] - updated[c * ROWS + row];
          assertThat(actual)
              .as("gradient of logit " + row + ", " + c)
              .isCloseTo(gradient[row * CLASSES + c], within(1e-6f));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross_entropy", "mse", "binary_cross_entropy", "focal"})
  void validationLossMatchesPyTorch(String name) {
    JsonObject expected = golden.getAsJsonObject("losses").getAsJsonObject(name);
    float[] flat = floats(golden.getAsJsonArray("logits"));
    float[][] logits = new float[ROWS][];
    int[] labels = new int[ROWS];
    for (int row = 0; row < ROWS; row++) {
      logits[row] = Arrays.copyOfRange(flat, row * CLASSES, (row + 1) * CLASSES);
      labels[row] = golden.getAsJsonArray("labels").get(row).getAsInt();
    }
    assertThat(validation(loss(name), logits, labels))
        .isCloseTo(expected.get("value").getAsDouble(), within(1e-6));
  }

  /** Each loss has a finite limit for extreme logits. */
  @ParameterizedTest
  @ValueSource(strings = {"mse", "binary_cross_entropy", "focal"})
  void validationLossOfExtremeLogitsIsFinite(String name) {
    float[][] logits = {{2000, -2000}};
    double expected =
        switch (name) {
          case "mse" -> 0.5;
          case "binary_cross_entropy" -> 2000;
          default -> 4000;
        };
    assertThat(validation(loss(name), logits, new int[] {1})).isEqualTo(expected);
    assertThat(validation(loss(name), logits, new int[] {0})).isZero();
  }

  private static double validation(Loss loss, float[][] logits, int[] labels) {
    return LossFormula.mean(
        loss, logits, labels, SingleLabelEvaluation.ofLogits(logits, labels, loss.outputs()));
  }

  private static float[] floats(JsonArray json) {
    float[] values = new float[json.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = json.get(i).getAsFloat();
    }
    return values;
  }
}

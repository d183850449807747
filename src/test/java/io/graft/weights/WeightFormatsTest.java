package io.graft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.graft.GoldenTensors;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Vgg;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorSource;
import io.graft.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Computes the activations that torchvision and Keras computed, from the weights of one network in
 * every form that Graft reads. The table is in {@code docs/weights.md}. make_golden.py and
 * make_keras.py made its files.
 */
class WeightFormatsTest {

  private static final Network TINY = Vgg.network("vgg16", new Vgg.Dimensions(224, 4, 64, 10));
  private static final GoldenTensors EXPECTED =
      GoldenTensors.open("/golden/tiny_vgg16_expected.safetensors");
  private static final int IMAGES = 2;

  /** A row of the table on the page. */
  record Row(String file, WeightLayout layout, boolean top) {
    @Override
    public String toString() {
      return file;
    }
  }

  @BeforeAll
  static void loadEngine() {
    TorchRuntime.load();
  }

  /** The rows whose first cell names a fixture: {@code | `tiny_vgg16_zip.pth` | PyTorch ... |}. */
  static List<Row> table() throws IOException {
    Pattern row =
        Pattern.compile("\\| `([^`]+)` \\| [^|]+ \\| (torchvision|timm|Keras) \\| (yes|no) \\|");
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("docs/weights.md"))) {
      Matcher matcher = row.matcher(line);
      if (matcher.matches()) {
        WeightLayout layout =
            List.of(WeightLayout.values()).stream()
                .filter(one -> one.program().equals(matcher.group(2)))
                .findFirst()
                .orElseThrow();
        rows.add(new Row(matcher.group(1), layout, matcher.group(3).equals("yes")));
      }
    }
    return rows;
  }

  @Test
  void theTableListsEveryFixtureOfThisNetwork() throws IOException {
    try (var files = Files.list(Golden.path("."))) {
      assertThat(table())
          .extracting(Row::file)
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.matches("tiny_vgg16[_.].*|keras_auto_names.*"))
                  .filter(name -> !name.equals("tiny_vgg16_expected.safetensors"))
                  .toList());
    }
  }

  @ParameterizedTest
  @MethodSource("table")
  void everyFormGivesTheSameActivations(Row row) {
    try (TensorSource file = WeightFile.open(Golden.path(row.file()));
        NDManager manager = NDManager.newBaseManager()) {
      NetworkWeights weights = NetworkWeights.of(TINY, file);
      assertThat(weights.layout()).isEqualTo(row.layout());
      int features = TINY.indexAfter("block5_pool");
      assertThat(weights.network().layers()).hasSize(row.top() ? TINY.layers().size() : features);
      NDArray x = input(manager);
      x = run(weights, 0, features, x, manager);
      assertRelative("features", x);
      assertThat(x.flatten(1, -1).get(1).toFloatArray())
          .as("flattened in NCHW order, which every head expects")
          .containsExactly(x.get(1).toFloatArray());
      if (row.top()) {
        int fc2 = TINY.indexAfter("fc2");
        x = run(weights, features, fc2, x, manager);
        assertRelative("fc2", x);
        x = run(weights, fc2, TINY.layers().size(), x, manager);
        assertRelative("logits", x);
        assertKerasProbabilities(x.softmax(1));
      }
    }
  }

  private static NDArray input(NDManager manager) {
    float[] values = new float[IMAGES * 3 * 224 * 224];
    for (int i = 0; i < IMAGES; i++) {
      float[] image = EXPECTED.floats(i + ".input");
      System.arraycopy(image, 0, values, i * image.length, image.length);
    }
    return manager.create(values, new Shape(IMAGES, 3, 224, 224));
  }

  private static NDArray run(
      NetworkWeights weights, int start, int end, NDArray x, NDManager manager) {
    Network range = weights.network().prefix(end).suffix(start);
    NetworkBlock block = NetworkBlock.frozen(range, weights.tensors(), manager);
    return block
        .forward(new ParameterStore(manager, false), new NDList(x), false)
        .singletonOrThrow();
  }

  private static void assertRelative(String name, NDArray batch) {
    for (int i = 0; i < IMAGES; i++) {
      float[] expected = EXPECTED.floats(i + "." + name);
      float largest = 0;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(batch.get(i).toFloatArray())
          .as(name + " of image " + i)
          .containsExactly(expected, within(1e-5f * largest));
    }
  }

  private static void assertKerasProbabilities(NDArray batch) {
    for (int i = 0; i < IMAGES; i++) {
      assertThat(batch.get(i).toFloatArray())
          .containsExactly(EXPECTED.floats(i + ".keras_probabilities"), within(1e-5f));
    }
  }
}

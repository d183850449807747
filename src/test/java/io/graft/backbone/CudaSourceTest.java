package io.graft.backbone;

import static io.graft.backbone.FrozenLayersFixture.difference;
import static io.graft.backbone.FrozenLayersFixture.images;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.image.InputSpec;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.Precision;
import io.graft.runtime.TorchRuntime;
import io.graft.tensors.TensorType;
import io.graft.testing.FormulaWeights;
import io.graft.torchscript.ScriptText;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the CUDA module on the CPU, with a network that needs no convolutions of cuDNN. */
class CudaSourceTest {

  private static final int SIZE = 8;
  private static final InputSpec INPUT = InputSpec.KERAS_CAFFE.withSize(SIZE);
  private static final Network NETWORK =
      new Network(
          "no convolution",
          new Shape(3, SIZE, SIZE),
          List.of(
              new NamedLayer("pool", "pool", new Layer.MaxPool2d(2, 2)),
              new NamedLayer("flatten", "flatten", new Layer.Flatten()),
              new NamedLayer("fc", "fc", new Layer.Linear(48, 5)),
              new NamedLayer("relu", "relu", new Layer.Relu())));

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @ParameterizedTest
  @CsvSource({"FP32, F32, 1e-6", "FP32, F16, 1e-3", "BF16, F16, 2e-2", "FP16, F16, 3e-3"})
  void returnsRoundedRowsAndTheirLargestMagnitude(
      Precision precision, TensorType type, double tolerance) throws Exception {
    ByteBuffer pixels = images(3, INPUT);
    FormulaWeights weights = new FormulaWeights(NETWORK, 1);
    Plan plan = new Plan(precision, 3, 1, List.of());
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      FeatureRows expected =
          BlockBackend.load(NETWORK, INPUT, weights, manager).features(manager, pixels, 3, type);
      TorchScriptModule module =
          CompiledBackend.compile(NETWORK, INPUT, weights, plan, manager, true).module();
      NDArray x = manager.create(pixels, new Shape(3, SIZE, SIZE, 3), DataType.UINT8);
      long storedType = type == TensorType.F16 ? ScriptText.FLOAT16 : ScriptText.FLOAT32;
      FeatureRows actual = FeatureRows.unpack(module.call("rows", manager, x, storedType));
      assertThat(actual.values().remaining()).isEqualTo(3 * 5 * type.bytes());
      assertThat(difference(floats(actual, type), floats(expected, type))).isLessThan(tolerance);
      assertThat(Math.abs(actual.largest() - expected.largest()) / expected.largest())
          .isLessThan((float) tolerance);
    }
  }

  private static float[] floats(FeatureRows activations, TensorType type) {
    float[] values = new float[3 * 5];
    FrozenLayersFixture.floats(activations, type).get(values);
    return values;
  }
}

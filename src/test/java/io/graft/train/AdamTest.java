package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import io.graft.GoldenTensors;
import io.graft.nn.Layer;
import io.graft.nn.NamedLayer;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.TorchRuntime;
import io.graft.testing.ArrayTensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Adam against torch.optim.Adam, step by step; the fixture's generator is make_adam.py. */
class AdamTest {

  private static final int FEATURES = 40;
  private static final int CLASSES = 5;
  private static final int ROWS = 16;

  @Test
  void hundredStepsGivePyTorchsParametersAndLosses() {
    TorchRuntime.load();
    GoldenTensors golden = GoldenTensors.open("/golden/adam_steps.safetensors");
    Network network =
        new Network(
            "linear",
            new Shape(FEATURES),
            List.of(new NamedLayer("head", "head", new Layer.Linear(FEATURES, CLASSES))));
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block =
          NetworkBlock.trainable(
              network,
              new ArrayTensors(
                  network,
                  Map.of(
                      "head.weight", golden.floats("initial_weight"),
                      "head.bias", golden.floats("initial_bias"))),
              manager);
      Adam adam = new Adam(block.getParameters().values(), 0.001, manager);
      float[] inputs = golden.floats("x");
      long[] labels = golden.longs("y");
      float[] losses = golden.floats("loss");
      for (int step = 1; step <= 100; step++) {
        double loss = step(block, manager, adam, inputs, labels, step - 1);
        assertThat(loss).as("loss of step " + step).isCloseTo(losses[step - 1], within(1e-5));
        if (step == 1 || step == 10 || step == 100) {
          assertClose(block, "head.weight", golden.floats("weight." + step));
          assertClose(block, "head.bias", golden.floats("bias." + step));
        }
      }
    }
  }

  private static double step(
      NetworkBlock block, NDManager manager, Adam adam, float[] inputs, long[] labels, int step) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray x =
          scratch.create(
              Arrays.copyOfRange(inputs, step * ROWS * FEATURES, (step + 1) * ROWS * FEATURES),
              new Shape(ROWS, FEATURES));
      NDArray y = scratch.create(Arrays.copyOfRange(labels, step * ROWS, (step + 1) * ROWS));
      double value;
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        NDList logits = block.forward(new ParameterStore(scratch, false), new NDList(x), true);
        NDArray loss = Loss.softmaxCrossEntropyLoss().evaluate(new NDList(y), logits);
        collector.backward(loss);
        value = loss.getFloat();
      }
      adam.step();
      return value;
    }
  }

  private static void assertClose(NetworkBlock block, String name, float[] expected) {
    float[] actual = block.getParameters().get(name).getArray().toFloatArray();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as(name + " " + i).isCloseTo(expected[i], within(1e-5f));
    }
  }
}

package io.graft.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.graft.GoldenTensors;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.testing.ArrayTensors;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frozen blocks in plain DJL training, and the checks and digests of parameters. */
class FrozenBlockTest {

  private static final Network TINY = Vgg.network("vgg11_bn", new Vgg.Dimensions(32, 2, 8, 10));

  private final GoldenTensors golden = GoldenTensors.open("/golden/tiny_vgg11_bn.safetensors");

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void djlTrainingChangesOnlyTheTrainedLayer(boolean unfrozen) throws Exception {
    try (NDManager manager = NDManager.newBaseManager();
        Model model = Model.newInstance("composed", "PyTorch")) {
      NetworkBlock frozen =
          NetworkBlock.frozen(TINY, Blocks.weights(TINY, golden, "weight/"), manager);
      String before = frozen.parameterDigest();
      Linear linear = Linear.builder().setUnits(3).build();
      model.setBlock(new SequentialBlock().add(frozen).add(linear));
      if (unfrozen) {
        model.getBlock().freezeParameters(false);
      }
      train(model, new Shape(4, 3, 32, 32), manager.create(golden.floats("input")), linear, 3);
      assertThat(frozen.parameterDigest()).isEqualTo(before);
      assertThat(frozen.getParameters().values()).noneMatch(Parameter::requiresGradient);
    }
  }

  @Test
  void zooModelKeepsItsParametersInDjlTraining() throws Exception {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optModelUrls("djl://io.graft/vgg16")
            .optArgument("weights", "random")
            .optArgument("boundary", "block1_pool")
            .build();
    try (ZooModel<NDList, NDList> model = criteria.loadModel();
        NDManager manager = NDManager.newBaseManager();
        Model composed = Model.newInstance("composed", "PyTorch")) {
      NetworkBlock block = (NetworkBlock) model.getBlock();
      String before = block.parameterDigest();
      try (Trainer trainer = model.newTrainer(config())) {
        assertThat(block.getParameters().values()).noneMatch(Parameter::requiresGradient);
        trainer.initialize(new Shape(1, 3, 32, 32));
        trainer.forward(new NDList(manager.ones(new Shape(1, 3, 32, 32))));
      }
      assertThat(block.parameterDigest()).isEqualTo(before);

      Linear linear = Linear.builder().setUnits(3).build();
      Block flatten = ai.djl.nn.Blocks.batchFlattenBlock();
      composed.setBlock(new SequentialBlock().add(block).add(flatten).add(linear));
      train(composed, new Shape(4, 3, 32, 32), manager.create(golden.floats("input")), linear, 3);
      assertThat(block.parameterDigest()).isEqualTo(before);
    }
  }

  private static DefaultTrainingConfig config() {
    return new DefaultTrainingConfig(Loss.l2Loss())
        .optOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.01f)).build());
  }

  private static void train(Model model, Shape input, NDArray values, Linear linear, int outputs)
      throws Exception {
    NDManager manager = values.getManager();
    NDArray images = values.reshape(input);
    NDArray targets =
        manager
            .arange((float) input.get(0) * outputs)
            .reshape(-1, outputs)
            .toType(ai.djl.ndarray.types.DataType.FLOAT32, true);
    ArrayDataset rows =
        new ArrayDataset.Builder().setData(images).optLabels(targets).setSampling(2, false).build();
    try (Trainer trainer = model.newTrainer(config())) {
      trainer.initialize(input);
      float[] before = linear.getParameters().get("weight").getArray().toFloatArray();
      EasyTrain.fit(trainer, 2, rows, null);
      float[] after = linear.getParameters().get("weight").getArray().toFloatArray();
      assertThat(after).isNotEqualTo(before);
      assertThat(after).doesNotContain(Float.NaN);
    }
  }

  /** The expected digest is the output of sha256sum for the lines and bytes in the comment. */
  @Test
  void digestOfParametersIsStable() {
    Network network =
        new Network("n", new Shape(2), List.of(new NamedLayer("fc", "fc", new Layer.Linear(2, 1))));
    // "fc.weight(1, 2)\n", 1 and -2; "fc.bias(1)\n", 0.5; float32 in little-endian order.
    ArrayTensors weights =
        new ArrayTensors(
            network, Map.of("fc.weight", new float[] {1, -2}, "fc.bias", new float[] {0.5f}));
    String expected = "725d0559044977afb0a1dcc7d8653d340db8c1b0b5fa8c79d02893ed3a62689a";
    assertThat(network.parameterDigest(weights)).isEqualTo(expected);
    try (NDManager manager = NDManager.newBaseManager()) {
      NetworkBlock block = NetworkBlock.frozen(network, weights, manager);
      assertThat(block.parameterDigest()).isEqualTo(expected);
    }
  }

  @Test
  void digestChangesWithAnyBitOrName() {
    String original = digest(TINY, "", 0);
    assertThat(digest(TINY, "", 0)).isEqualTo(original).hasSize(64);
    for (String name : TINY.parameterShapes().keySet()) {
      assertThat(digest(TINY, name, 1)).as(name).isNotEqualTo(original);
    }
    assertThat(digest(TINY, "classifier.6.bias", 1 << 31)).isNotEqualTo(original);
    Network renamed =
        new Network(
            "renamed",
            TINY.inputShape(),
            TINY.layers().stream()
                .map(
                    l ->
                        new NamedLayer(
                            l.name(), l.path().replace("features.0", "first"), l.layer()))
                .toList());
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, float[]> values = values();
      values.put("first.weight", values.get("features.0.weight"));
      values.put("first.bias", values.get("features.0.bias"));
      assertThat(
              NetworkBlock.frozen(renamed, new ArrayTensors(renamed, values), manager)
                  .parameterDigest())
          .isNotEqualTo(original);
    }
  }

  private String digest(Network network, String flippedName, int flippedBits) {
    Map<String, float[]> values = values();
    if (!flippedName.isEmpty()) {
      float[] array = values.get(flippedName);
      int last = array.length - 1;
      array[last] = Float.intBitsToFloat(Float.floatToRawIntBits(array[last]) ^ flippedBits);
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      return NetworkBlock.frozen(network, new ArrayTensors(network, values), manager)
          .parameterDigest();
    }
  }

  private Map<String, float[]> values() {
    Map<String, float[]> values = new HashMap<>();
    TINY.parameterShapes().keySet().forEach(n -> values.put(n, golden.floats("weight/" + n)));
    return values;
  }

  @Test
  void refusesWeightsOfAnotherNetworkAndNamesEveryFault() {
    TensorSource weights = Blocks.weights(TINY, golden, "weight/");
    WeightCheck.requireExactly(TINY, weights);
    Network wider = TINY.append(new NamedLayer("extra", "extra", new Layer.Linear(10, 4)));
    assertThatThrownBy(() -> WeightCheck.requireExactly(wider, weights))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("'extra.weight' [4, 10] is missing", "'extra.bias' [4]");
    assertThatThrownBy(() -> WeightCheck.requireExactly(TINY.prefix(1), weights))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("belongs to no layer", "more faults");
    Network other = Vgg.network("vgg11_bn", new Vgg.Dimensions(32, 2, 8, 11));
    assertThatThrownBy(() -> WeightCheck.requireExactly(other, weights))
        .isInstanceOf(WeightsException.class)
        .hasMessageContainingAll("'classifier.6.weight' has shape [10, 8] where [11, 8]");
  }

  @Test
  void ignoresPyTorchsBatchCountsAndRefusesIntegers() {
    TensorSource weights = Blocks.weights(TINY, golden, "weight/");
    String count = "features.1.num_batches_tracked";
    WeightCheck.requireExactly(
        TINY,
        with(weights, new TensorInfo(count, io.graft.tensors.TensorType.I64, java.util.List.of())));
    TensorInfo bias =
        new TensorInfo("features.0.bias", io.graft.tensors.TensorType.I32, java.util.List.of(2L));
    assertThatThrownBy(() -> WeightCheck.requireExactly(TINY, with(weights, bias)))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("'features.0.bias' has dtype I32");
  }

  private static TensorSource with(TensorSource source, TensorInfo changed) {
    Map<String, TensorInfo> tensors = new HashMap<>(source.tensors());
    tensors.put(changed.name(), changed);
    return new TensorSource() {
      @Override
      public Map<String, TensorInfo> tensors() {
        return tensors;
      }

      @Override
      public void readFloat32(String name, long firstElement, ByteBuffer destination) {
        source.readFloat32(name, firstElement, destination);
      }

      @Override
      public String description() {
        return source.description();
      }

      @Override
      public void close() {}
    };
  }
}

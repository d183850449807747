package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.graft.image.InputSpec;
import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImageLoaderDatasetTest {

  private static final int PER_CLASS = 10;
  private static final int SIZE = 8;

  @TempDir Path root;

  @BeforeAll
  static void switchOffTelemetry() {
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  @BeforeEach
  void writeImages() {
    for (int i = 0; i < PER_CLASS; i++) {
      ImageFiles.draw(root.resolve("blue/" + i + ".png"), new Color(5 * i, 90, 200 - 9 * i));
      ImageFiles.draw(root.resolve("red/" + i + ".png"), new Color(200 - 9 * i, 90, 5 * i));
    }
  }

  @AfterEach
  void requireNoThreads() throws InterruptedException {
    Loaders.requireNoThreads();
  }

  @Test
  void batchesHaveNormalizedImagesAndLabels() {
    ImageLoader loader = loader(LoaderOptions.defaults().withBatchSize(8));

    List<Integer> sizes = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager()) {
      for (Batch batch : loader.getData(manager)) {
        try (batch) {
          sizes.add(batch.getSize());
          NDArray data = batch.getData().singletonOrThrow();
          NDArray labels = batch.getLabels().singletonOrThrow();
          assertThat(data.getShape()).isEqualTo(new Shape(batch.getSize(), 3, SIZE, SIZE));
          assertThat(data.getDataType()).isEqualTo(DataType.FLOAT32);
          assertThat(labels.getShape()).isEqualTo(new Shape(batch.getSize()));
          assertThat(labels.getDataType()).isEqualTo(DataType.INT64);
          assertThat(batch.getProgressTotal()).isEqualTo(2 * PER_CLASS);
          for (int row = 0; row < batch.getSize(); row++) {
            int index = Math.toIntExact((Long) batch.getIndices().get(row));
            int i = index % PER_CLASS;
            boolean red = index >= PER_CLASS;
            assertThat(labels.getLong(row)).isEqualTo(red ? 1 : 0);
            // The formula of torchvision's Normalize for the red and green channels.
            double redLevel = (red ? 200 - 9 * i : 5 * i) / 255.0;
            assertThat((double) data.getFloat(row, 0, 3, 4))
                .isCloseTo((redLevel - 0.485) / 0.229, within(1e-5));
            assertThat((double) data.getFloat(row, 1, 3, 4))
                .isCloseTo((90 / 255.0 - 0.456) / 0.224, within(1e-5));
          }
        }
      }
    }
    assertThat(sizes).containsExactly(8, 8, 4);
  }

  @Test
  void everyIterationShufflesAgain() {
    ImageLoader loader = loader(LoaderOptions.defaults().withBatchSize(20).withShuffleSeed(3));
    ImageLoader same = loader(LoaderOptions.defaults().withBatchSize(20).withShuffleSeed(3));
    try (NDManager manager = NDManager.newBaseManager()) {
      List<?> first = loader.getData(manager).iterator().next().getIndices();
      List<?> second = loader.getData(manager).iterator().next().getIndices();

      assertThat(first).isNotEqualTo(second);
      assertThat(same.getData(manager).iterator().next().getIndices()).isEqualTo(first);
    }
  }

  @Test
  void closingTheManagerEndsTheThreads() {
    ImageLoader loader = loader(LoaderOptions.defaults().withBatchSize(2).withThreads(2));
    NDManager manager = NDManager.newBaseManager();
    Iterator<Batch> batches = loader.getData(manager).iterator();
    batches.next().close();

    manager.close();
    // requireNoThreads checks that the threads have ended.
  }

  @Test
  void trainsAPlainDjlModel() throws Exception {
    ImageLoader train = loader(LoaderOptions.defaults().withBatchSize(6).withShuffleSeed(1));
    ImageLoader validation = loader(LoaderOptions.defaults().withBatchSize(7));
    List<Float> losses = new ArrayList<>();
    List<Float> accuracies = new ArrayList<>();
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.01f)).build())
            .addEvaluator(new Accuracy())
            .addTrainingListeners(
                new EvaluatorTrainingListener(),
                new TrainingListenerAdapter() {
                  @Override
                  public void onEpoch(Trainer trainer) {
                    losses.add(trainer.getTrainingResult().getTrainLoss());
                    accuracies.add(trainer.getTrainingResult().getValidateEvaluation("Accuracy"));
                  }
                });
    SequentialBlock block =
        new SequentialBlock()
            .add(Blocks.batchFlattenBlock(3 * SIZE * SIZE))
            .add(Linear.builder().setUnits(4).build())
            .add(Activation::relu)
            .add(Linear.builder().setUnits(2).build());
    try (Model model = Model.newInstance("linear")) {
      model.getNDManager().getEngine().setRandomSeed(1);
      model.setBlock(block);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(1, 3, SIZE, SIZE));
        EasyTrain.fit(trainer, 5, train, validation);
      }
    }

    assertThat(losses).hasSize(5);
    assertThat(losses.get(4)).isLessThan(0.5f * losses.get(0));
    assertThat(accuracies.get(4)).isEqualTo(1);
  }

  private ImageLoader loader(LoaderOptions options) {
    return new ImageLoader(
        ImageFolder.open(root), InputSpec.TORCHVISION.withSize(SIZE), options, bad -> {});
  }
}

package io.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.data.Views;
import io.graft.features.FeatureCache;
import io.graft.image.Augmentation;
import io.graft.nn.Head;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.StoppedException;
import io.graft.runtime.WeightsException;
import io.graft.testing.TinyPictures;
import io.graft.train.Checkpoints;
import io.graft.train.EpochMetrics;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stops a whole fit in one of its stages and resumes it with another learner. */
class ResumeFitTest {

  /** Unfreezes blocks with batch normalisation stage by stage, each at its own boundary. */
  private static final FitOptions OPTIONS =
      FitOptions.defaults()
          .withHead(Head.POOL)
          .withStages(
              List.of(
                  new Stage(Unfreeze.NONE, 1, 0.01),
                  new Stage(new Unfreeze("block5"), 2, 0.001),
                  new Stage(Unfreeze.ALL, 1, 0.001)))
          .withBatchSize(4);

  @TempDir Path root;

  private LabeledImages images;
  private Checkpoints checkpoints;
  private final List<String> notes = new ArrayList<>();

  /** The folder of the feature cache. */
  private Path features;

  private Precision precision = Precision.FP32;

  /** Whether to stop after the first epoch; the epochs of a search do not count. */
  private boolean stopAfterEpoch;

  @BeforeEach
  void draw() throws IOException {
    TinyPictures.draw(root.resolve("images"), 5, 1, "rose", "tulip");
    images = ImageFolder.open(root.resolve("images"));
    features = root.resolve("features");
    checkpoints = Checkpoints.in(root.resolve("fit.checkpoint"));
  }

  /** The digest of the saved parameters, the history and the chosen epoch. */
  private record Outcome(String head, Object history, int epoch) {}

  private Outcome fit(
      long weights, LabeledImages data, FitOptions options, boolean resume, int stopAt) {
    LearnerOptions learning =
        LearnerOptions.defaults()
            .withWeights(new WeightChoice.Random(weights))
            .withDevice(Device.cpu())
            .withPrecision(precision)
            .withCache(FeatureCache.at(features));
    int[] advances = {0};
    boolean[] epochEnded = {false};
    FitListener listener =
        new FitListener() {
          @Override
          public void note(String line) {
            notes.add(line);
          }

          @Override
          public void advanced(Phase phase, long done, long total) {
            advances[0] += phase == Phase.TRAIN ? 1 : 0;
          }

          @Override
          public void epochEnded(EpochMetrics metrics, int epochs) {
            advances[0]++;
            epochEnded[0] = true;
          }

          @Override
          public boolean stopRequested() {
            return advances[0] == stopAt || (stopAfterEpoch && epochEnded[0]);
          }
        };
    try (TransferLearner learner = TransferLearner.of(Zoo.own("vgg11_bn", 0.0625, 32), learning)) {
      Fit fit =
          learner.fit(data, Optional.of(data), options, checkpoints.withResume(resume), listener);
      Path saved = root.resolve("model");
      fit.model().save(saved);
      byte[] head = Files.readAllBytes(saved.resolve("head.safetensors"));
      return new Outcome(io.graft.runtime.Sha256.of(head), fit.history(), fit.epoch());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void stop(FitOptions options, int nth) {
    assertThatThrownBy(() -> fit(1, images, options, false, nth))
        .isInstanceOf(StoppedException.class)
        .hasMessageContaining("the state is kept in " + checkpoints.folder());
    notes.clear();
  }

  @Test
  void resumeInEveryStageGivesTheSameModel() {
    Outcome expected = fit(1, images, OPTIONS, false, -1);
    // An epoch has three steps and an end. These stops are in the first stage, at its end, in the
    // second stage and in the last.
    for (int nth : List.of(2, 4, 10, 14)) {
      stop(OPTIONS, nth);

      assertThat(fit(1, images, OPTIONS, true, -1)).as("stop " + nth).isEqualTo(expected);
      assertThat(notes).anyMatch(line -> line.startsWith("Resuming from"));
    }
  }

  @Test
  void resumeUsesTheFreshViewsOfTheInterruptedEpoch() {
    FitOptions fresh =
        OPTIONS
            .withStages(List.of(new Stage(Unfreeze.ALL, 3, 0.001)))
            .withViews(Views.fresh(Augmentation.CROP));
    Outcome expected = fit(1, images, fresh, false, -1);

    stop(fresh, 6);

    assertThat(fit(1, images, fresh, true, -1)).isEqualTo(expected);
  }

  @Test
  void resumeRefusesAnotherTrainingBeforeComputing() throws IOException {
    FitOptions options = OPTIONS.withStages(List.of(new Stage(Unfreeze.NONE, 2, 0.001)));
    stop(options, 2);
    features = root.resolve("empty");

    assertThatThrownBy(() -> fit(1, images, options.withBatchSize(5), true, -1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("to another training: batch_size was 4 and is 5.");
    assertThatThrownBy(() -> fit(1, images, options.withLearningRate(0.1), true, -1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("to another training: learning rate was 0.001 and is 0.1.");
    assertThatThrownBy(
            () -> fit(1, images, options.withLearningRate(new LearningRate.Searched()), true, -1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("learning_rate_search was false and is true");
    assertThatThrownBy(() -> fit(1, images, options.withHead(Head.FLATTEN), true, -1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("head was ");
    precision = Precision.BF16;
    assertThatThrownBy(() -> fit(1, images, options, true, -1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("precision was fp32 and is bf16");
    precision = Precision.FP32;
    assertThatThrownBy(() -> fit(2, images, options, true, -1))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("frozen layers was ");
    TinyPictures.draw(root.resolve("images"), 6, 1, "rose");
    LabeledImages more = ImageFolder.open(root.resolve("images"));
    assertThatThrownBy(() -> fit(1, more, options, true, -1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("training data was ");

    assertThat(features).doesNotExist();
    assertThat(notes).isEmpty();
    assertThat(fit(1, images, options, true, -1).epoch()).isEqualTo(2);
  }

  @Test
  void resumeRefusesOtherInitialWeights() {
    FitOptions options = OPTIONS.withStages(List.of(new Stage(Unfreeze.ALL, 2, 0.001)));
    stop(options, 2);

    assertThatThrownBy(() -> fit(2, images, options, true, -1))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("initial parameters was ");
  }

  /** The number of rows is known only after the frozen layers have run. */
  @Test
  void resumeRefusesOtherRowsBeforeTheLearningRateSearch() throws IOException {
    FitOptions options =
        OPTIONS
            .withStages(List.of(new Stage(Unfreeze.NONE, 2, 0.001)))
            .withLearningRate(new LearningRate.Searched());
    stopAfterEpoch = true;
    stop(options, -1);
    Path damaged = root.resolve("images/rose/3.jpg");
    Files.write(damaged, new byte[(int) Files.size(damaged)]);

    assertThatThrownBy(() -> fit(1, images, options, true, -1))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("training rows was 10 and is 9");

    assertThat(notes).noneMatch(line -> line.startsWith("Trying"));
  }

  @Test
  void moreEpochsInTheLastStageEqualOneTraining() {
    FitOptions more = OPTIONS.withStages(withEpochs(1, 2, 3));
    Outcome expected = fit(1, images, more, false, -1);
    checkpoints = checkpoints.everyEpochs(1);
    assertThat(fit(1, images, OPTIONS, false, -1)).isNotEqualTo(expected);

    assertThat(fit(1, images, more, true, -1)).isEqualTo(expected);

    assertThatThrownBy(() -> fit(1, images, OPTIONS.withStages(withEpochs(1, 3, 3)), true, -1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("to another training: epochs of stage 2 was 2 and is 3");
  }

  /** None of that stage's learning rates has been used yet, so any schedule works. */
  @Test
  void lastStageMayChangeItsEpochsBeforeItBegins() {
    FitOptions cosine = OPTIONS.withSchedule(new Schedule.Cosine(0));
    FitOptions more = cosine.withStages(withEpochs(1, 2, 3));
    Outcome expected = fit(1, images, more, false, -1);
    stop(cosine, 10);

    assertThat(fit(1, images, more, true, -1)).isEqualTo(expected);
  }

  private static List<Stage> withEpochs(int... epochs) {
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < epochs.length; i++) {
      stages.add(OPTIONS.stages().get(i).withEpochs(epochs[i]));
    }
    return stages;
  }
}

package io.graft.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.Fit;
import io.graft.FitListener;
import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.data.ImageFolder;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.features.FeatureCache;
import io.graft.image.Augmentation;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Loss;
import io.graft.recipe.Objective;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Sampling;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.runtime.Sha256;
import io.graft.runtime.StoppedException;
import io.graft.runtime.Versions;
import io.graft.tensors.SafetensorsFile;
import io.graft.tensors.SafetensorsWriter;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.graft.testing.Fixtures;
import io.graft.train.Checkpoints;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resumes a checkpoint of Graft 0.1.0, which {@link #main} wrote with as many options as possible.
 * It fixes the texts of the fingerprint.
 */
class OldCheckpointTest {

  private static final String FIXTURE = "../checkpoints/0.1.0.safetensors";

  private static final FitOptions OPTIONS =
      new FitOptions(
          Head.POOL,
          HiddenLayers.of(6, 5).withActivation(HiddenLayers.Activation.TANH).withDropout(0.25),
          List.of(new Stage(Unfreeze.NONE, 1, 0.01), new Stage(Unfreeze.NONE, 3, 0.003)),
          new Views(Augmentation.STRONG, 2),
          3,
          new Optimization(
              new Optimizer.Sgd(0.9, true, 0.01),
              new Schedule.Step(2, 0.5),
              OptionalDouble.of(1.5),
              2,
              0.5,
              Precision.FP32),
          new Objective(
              new Loss.Focal(1.5), new ClassWeights.Values(List.of(1.0, 2.5)), Sampling.BALANCED),
          Optional.of(5),
          7,
          OnBadImage.FAIL,
          true,
          false);

  /**
   * The query that stops the training in the third epoch. An epoch has four queries: one per step
   * and one at its end.
   */
  private static final int STOP = 9;

  /** Writes the fixture to the given file. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createTempDirectory("checkpoint");
    try {
      fit(folder, OPTIONS, false, STOP, new ArrayList<>());
    } catch (StoppedException e) {
      Files.move(checkpoint(folder), Path.of(arguments[0]));
    }
  }

  private static Path checkpoint(Path root) {
    return root.resolve("fit.checkpoint/checkpoint-00000001.safetensors");
  }

  /** Trains on bitmaps, because their sizes in bytes do not depend on an encoder. */
  private static Fit fit(
      Path root, FitOptions options, boolean resume, int stopAt, List<String> notes)
      throws IOException {
    for (int i = 0; i < 8; i++) {
      BufferedImage image = new BufferedImage(40, 36, BufferedImage.TYPE_INT_RGB);
      for (int at = 0; at < 40 * 36; at++) {
        image.setRGB(at % 40, at / 40, at * (i % 2 == 0 ? 31 : 4099) + i * 977);
      }
      Path file = root.resolve("pictures/" + (i % 2 == 0 ? "rose" : "tulip") + "/" + i + ".bmp");
      Files.createDirectories(file.getParent());
      ImageIO.write(image, "bmp", file.toFile());
    }
    LabeledImages images = ImageFolder.open(root.resolve("pictures"));
    int[] queries = {0};
    FitListener listener =
        new FitListener() {
          @Override
          public void note(String line) {
            notes.add(line);
          }

          @Override
          public boolean stopRequested() {
            return ++queries[0] == stopAt;
          }
        };
    LearnerOptions learning =
        new LearnerOptions(
            new WeightChoice.Random(3),
            List.of(Device.cpu()),
            Optional.of(Precision.FP32),
            FeatureCache.off(),
            TensorType.F32);
    Checkpoints checkpoints = Checkpoints.in(root.resolve("fit.checkpoint")).withResume(resume);
    try (TransferLearner learner = TransferLearner.of(Zoo.own("vgg11_bn", 0.0625, 32), learning)) {
      return learner.fit(images, Optional.of(images), options, checkpoints, listener);
    }
  }

  /** Copies the fixture and sets the current versions, because a resume refuses other versions. */
  private static void copyFixture(Path target) throws IOException {
    Files.createDirectories(target.getParent());
    try (SafetensorsFile file = SafetensorsFile.open(Fixtures.path(FIXTURE))) {
      Map<String, String> texts = new LinkedHashMap<>(file.metadata());
      JsonObject training = JsonParser.parseString(texts.get("training")).getAsJsonObject();
      JsonObject options = training.getAsJsonObject("options");
      options.addProperty("graft", Versions.graft());
      options.addProperty("libtorch", Versions.libtorch());
      texts.put("training", training.toString());
      Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
      for (TensorInfo tensor : file.tensors().values()) {
        ByteBuffer bytes = ByteBuffer.allocate((int) tensor.byteCount());
        if (tensor.type() == TensorType.F32) {
          file.readFloat32(tensor.name(), 0, bytes);
          bytes.flip();
        }
        tensors.put(tensor, bytes);
      }
      SafetensorsWriter.write(target, texts, tensors);
    }
    byte[] content = Files.readAllBytes(target);
    ByteBuffer before = ByteBuffer.wrap(content, 0, content.length - 32);
    byte[] digest = new Sha256().add(before).bytes();
    System.arraycopy(digest, 0, content, content.length - 32, 32);
    Files.write(target, content);
  }

  @Test
  void oldCheckpointResumes(@TempDir Path root) throws IOException {
    copyFixture(checkpoint(root));
    List<String> notes = new ArrayList<>();

    Fit fit = fit(root, OPTIONS, true, -1, notes);

    assertThat(notes).anyMatch(line -> line.matches("Resuming from .*: epoch 3 .* batch 2\\."));
    assertThat(notes).noneMatch(line -> line.contains("device was"));
    assertThat(fit.history()).hasSize(4);
  }

  @Test
  void oldCheckpointRefusesAnotherSeed(@TempDir Path root) throws IOException {
    copyFixture(checkpoint(root));

    assertThatThrownBy(() -> fit(root, OPTIONS.withSeed(8), true, -1, new ArrayList<>()))
        .hasMessageContaining("seed was 7 and is 8");
  }
}

package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.drawing.DemoPictures;
import io.graft.features.FeatureCache;
import io.graft.runtime.Devices;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import io.graft.train.FitOptions;
import io.graft.zoo.WeightChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The whole job on pictures that the program draws. */
@Command(
    name = "demo",
    sortOptions = false,
    description =
        "Draw labelled pictures, train the reference recipe on them, and classify new ones. Needs"
            + " no network and about a minute on two cores.")
final class DemoCommand implements Callable<Integer> {

  private static final int TRAIN_PER_CLASS = 25;
  private static final int NEW_PER_CLASS = 2;
  private static final double VALIDATION_SHARE = 0.2;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "A new folder for the pictures and the model; a temporary one if absent.")
  private Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Seed of the pictures, the weights and the training; 42 if absent.")
  private long seed;

  @Mixin private DeviceOption device;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    long start = System.nanoTime();
    Console console = common.console();
    Path folder = folder();
    Path pictures = folder.resolve("pictures");
    Path model = folder.resolve("model");
    console.say("Drawing 10 classes of pictures into " + pictures);
    DemoPictures.draw(pictures, TRAIN_PER_CLASS, NEW_PER_CLASS, seed);
    console.say(
        "Training the reference recipe (frozen VGG16, flatten, softmax, Adam, 10 epochs) on them.");
    console.say(
        "The weights are random for now, so that nothing needs to be downloaded: pretrained ones"
            + " separate real photographs far better.");
    LabeledImages all = LabeledImages.open(pictures.resolve("train"));
    Split split = all.split(VALIDATION_SHARE, seed);
    try (TransferLearner learner =
        TransferLearner.of(
            "vgg16",
            new LearnerOptions(
                new WeightChoice.Random(seed),
                device.resolve(console),
                Optional.empty(),
                FeatureCache.off()))) {
      Fit fit =
          learner.fit(
              split.train(),
              Optional.of(split.validation()),
              FitOptions.defaults().withSeed(seed),
              console);
      fit.model().save(model);
      LabeledImages unseen = LabeledImages.open(pictures.resolve("new"), fit.model().classes());
      if (!common.json) {
        double soFar = (System.nanoTime() - start) / 1e9;
        common.println(
            new TrainReport(fit, Devices.nameOf(learner.devices()), model, soFar)
                .text(Optional.of(pictures.resolve("new"))));
        common.println("\nPictures that it has not trained on:");
      }
      JsonObject answers = classify(fit, unseen);
      if (common.json) {
        double seconds = (System.nanoTime() - start) / 1e9;
        JsonObject json =
            new TrainReport(fit, Devices.nameOf(learner.devices()), model, seconds).json();
        json.add("new_pictures", answers);
        json.addProperty("pictures", pictures.toString());
        common.print(json);
      } else {
        common.println(
            """

            With your own folder of labelled photographs, one sub-folder per class:
              ./graft train --data FOLDER --weights random --out MODEL
            and without --weights random for pretrained weights, fetched once (528 MiB).\
            """);
      }
    }
    return 0;
  }

  private JsonObject classify(Fit fit, LabeledImages unseen) {
    int correct = 0;
    JsonArray wrong = new JsonArray();
    for (LabeledImage image : unseen.images()) {
      String truth = unseen.classes().get(image.label());
      ai.djl.modality.Classifications.Classification best =
          fit.model().classify(image.path()).best();
      boolean right = best.getClassName().equals(truth);
      correct += right ? 1 : 0;
      if (!right) {
        wrong.add(unseen.relativePath(image));
      }
      if (!common.json) {
        common.println(
            String.format(
                Locale.ROOT,
                "  %-26s %s %-14s %.3f",
                unseen.relativePath(image),
                right ? "=" : "x",
                best.getClassName(),
                best.getProbability()));
      }
    }
    if (!common.json) {
      common.println(
          String.format(
              Locale.ROOT,
              "  %d of %d right; guessing gets %d",
              correct,
              unseen.images().size(),
              unseen.images().size() / unseen.classes().size()));
    }
    JsonObject answers = new JsonObject();
    answers.addProperty("images", unseen.images().size());
    answers.addProperty("correct", correct);
    answers.add("wrong", wrong);
    return answers;
  }

  private Path folder() {
    try {
      if (out == null) {
        return Files.createTempDirectory("graft-demo-");
      }
      DurableFiles.requireWritable(out);
      return Files.createDirectory(out);
    } catch (IOException e) {
      throw new OutputException(
          "Cannot create the folder "
              + (out == null ? System.getProperty("java.io.tmpdir") + "/graft-demo-*" : out)
              + ": "
              + FileFailure.reason(e)
              + ". Expected a folder that does not exist yet, in one that can be written; name"
              + " another with --out.",
          e);
    }
  }
}

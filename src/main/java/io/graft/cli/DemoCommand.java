package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.DeviceOption;
import io.graft.cli.options.SeedOption;
import io.graft.cli.report.Console;
import io.graft.cli.report.ReportFormat;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.drawing.PictureSet;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureCache;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Schedule;
import io.graft.recipe.Stage;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what transfer learning gains, on pictures that the program draws. */
@Command(
    name = "demo",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} [OPTION...]",
    footer = {
      "",
      "Examples:",
      "  ${ROOT-COMMAND-NAME} demo",
      "  ${ROOT-COMMAND-NAME} demo --out demo"
    },
    description =
        "Draw pictures of classes that Graft's own backbone has never seen, train on a few of them"
            + " in four ways, and compare. Needs no network, and about a minute on two cores.")
final class DemoCommand implements Callable<Integer> {

  private static final String BACKBONE = "vgg16_bn_small";
  private static final int CLASSES = 10;
  private static final int PER_CLASS = 60;
  private static final int IMAGE_SIZE = 96;

  /** The share of the pictures for validation. Per class, 40 validate and 20 train. */
  private static final double VALIDATION_SHARE = 2.0 / 3;

  /** Added to the seed to draw other classes than those that the backbone was trained on. */
  private static final long CLASS_SEEDS = 1_000_003;

  private static final int HEAD_EPOCHS = 10;
  private static final int BLOCK_EPOCHS = 10;
  private static final int SCRATCH_EPOCHS = 30;
  private static final String FINE_TUNED = "fine-tuned";
  private static final double RATE = 0.001;
  private static final double FINE_RATE = 0.0001;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "A new folder for the pictures and the models; a temporary one if absent.")
  private Path out;

  @Mixin private SeedOption seed;
  @Mixin private DeviceOption device;
  @Mixin private CommonOptions common;

  /** One of the trainings that the demo compares. */
  private record Way(String name, String folder, WeightChoice weights, FitOptions options) {}

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    long start = System.nanoTime();
    Path folder = folder();
    Path pictures = folder.resolve("pictures");
    console.note("Drawing pictures of " + CLASSES + " classes into " + pictures);
    new PictureSet(CLASSES, PER_CLASS, IMAGE_SIZE, seed.seed + CLASS_SEEDS)
        .write(pictures, done -> {});
    LabeledImages all = LabeledImages.open(pictures);
    Split split = all.split(VALIDATION_SHARE, seed.seed);
    LearnerOptions learnerOptions =
        new LearnerOptions(
            new WeightChoice.Pretrained(),
            device.resolve(console),
            Optional.empty(),
            FeatureCache.off());
    JsonArray rows = new JsonArray();
    for (Way way : ways()) {
      console.note("\n" + way.name());
      try (TransferLearner learner =
          TransferLearner.of(Zoo.find(BACKBONE), learnerOptions.withWeights(way.weights()))) {
        long begin = System.nanoTime();
        Fit fit =
            learner.fit(split.train(), Optional.of(split.validation()), way.options(), console);
        Path model = folder.resolve(way.folder());
        fit.model().save(model);
        JsonObject row = new JsonObject();
        row.addProperty("trained", way.name());
        row.addProperty("top1", fit.evaluation().map(Evaluation::top1).orElseThrow());
        row.addProperty("seconds", (System.nanoTime() - begin) / 1e9);
        row.addProperty("model", model.toString());
        rows.add(row);
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (common.json) {
      JsonObject json = new JsonObject();
      json.addProperty("classes", CLASSES);
      json.addProperty("train_images", split.train().images().size());
      json.addProperty("validation_images", split.validation().images().size());
      json.add("ways", rows);
      json.addProperty("seconds", seconds);
      json.addProperty("pictures", pictures.toString());
      common.print(json);
    } else {
      print(rows, split, folder);
    }
  }

  private List<Way> ways() {
    FitOptions head =
        FitOptions.defaults().withSeed(seed.seed).withEpochs(HEAD_EPOCHS).withLearningRate(RATE);
    WeightChoice random = new WeightChoice.Random(seed.seed);
    WeightChoice pretrained = new WeightChoice.Pretrained();
    return List.of(
        new Way("A head on a random backbone", "random-features", random, head),
        new Way("A head on Graft's backbone", "model", pretrained, head),
        new Way(
            "The same, then head and block 5",
            FINE_TUNED,
            pretrained,
            head.withStages(
                List.of(
                    new Stage(Unfreeze.NONE, HEAD_EPOCHS, RATE),
                    new Stage(new Unfreeze("block5"), BLOCK_EPOCHS, FINE_RATE)))),
        new Way(
            "All layers from scratch",
            "from-scratch",
            random,
            head.withSchedule(new Schedule.OneCycle())
                .withStages(List.of(new Stage(Unfreeze.ALL, SCRATCH_EPOCHS, RATE)))));
  }

  private void print(JsonArray rows, Split split, Path folder) {
    common.printLine(
        "%n%d pictures of %d classes to train on, %d others to validate on; guessing gets %.3f.%n",
        split.train().images().size(), CLASSES, split.validation().images().size(), 1.0 / CLASSES);
    common.printLine("%-38s %6s %9s", "trained", "top-1", "seconds");
    for (JsonElement element : rows) {
      JsonObject row = element.getAsJsonObject();
      common.printLine(
          "%-38s %6.3f %9.1f",
          row.get("trained").getAsString(),
          row.get("top1").getAsDouble(),
          row.get("seconds").getAsDouble());
    }
    common.println(
        """

        Differences below 0.03 are chance. The backbone was trained on other classes drawn in the
        same way, so fine-tuning gains little here. It gains more on photographs.

        Next:  ./graft predict --model %s %s
        With your own folder of labelled photographs, one sub-folder per class:
               ./graft train --data FOLDER --out MODEL   (VGG16, fetched once, 528 MiB)
               ./graft train --data FOLDER --backbone %s --out MODEL\
        """
            .formatted(
                ReportFormat.quoted(folder.resolve(FINE_TUNED)),
                ReportFormat.quoted(folder.resolve("pictures/c0/000.jpg")),
                BACKBONE));
  }

  private Path folder() {
    try {
      if (out == null) {
        return Files.createTempDirectory("graft-demo-");
      }
      DurableFiles.requireWritable(out);
      return Files.createDirectory(out);
    } catch (IOException e) {
      Object place = out == null ? System.getProperty("java.io.tmpdir") + "/graft-demo-*" : out;
      throw new OutputException(
          "Cannot create the folder %s: %s. Expected a new folder. Name another with --out."
              .formatted(place, FileFailure.reason(e)),
          e);
    }
  }
}

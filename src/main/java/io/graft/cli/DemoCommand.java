package io.graft.cli;

import ai.djl.Device;
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
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.drawing.ContactSheet;
import io.graft.drawing.PictureSet;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureCache;
import io.graft.model.TransferModel;
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
import java.util.stream.IntStream;
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
            + " in four ways, and compare. Needs no network, and about 40 seconds on two cores.")
final class DemoCommand implements Callable<Integer> {

  private static final String BACKBONE = "vgg16_bn_small";
  private static final int CLASSES = 10;
  private static final int PER_CLASS = 50;
  private static final int IMAGE_SIZE = 96;

  /** The share of the pictures for validation. Per class, 30 validate and 20 train. */
  private static final double VALIDATION_SHARE = 0.6;

  /** Added to the seed to draw other classes than those that the backbone was trained on. */
  private static final long CLASS_SEEDS = 1_000_003;

  /** The number of epochs of each training, and of each of its stages. */
  private static final int EPOCHS = 10;

  /** The number of pictures of each class on the contact sheet, besides the example. */
  private static final int ON_SHEET = 8;

  private static final String FINE_TUNED = "fine-tuned";
  private static final double RATE = 0.001;
  private static final double FINE_RATE = 0.0001;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "A new folder for the pictures, the models and a contact sheet; a temporary one if"
              + " absent.")
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
    List<Device> chosen = device.resolve(console);
    Path folder = folder();
    boolean whole = false;
    try {
      run(folder, chosen, console);
      whole = true;
    } finally {
      if (!whole) {
        removeUnlessNamed(folder);
      }
    }
  }

  /** Removes what a failure has left in a folder that nobody knows, or an empty one. */
  private void removeUnlessNamed(Path folder) {
    if (out == null) {
      DurableFiles.deleteQuietly(folder);
      return;
    }
    try {
      Files.delete(folder);
    } catch (IOException e) {
      // It holds pictures or models, which are whole.
    }
  }

  private void run(Path folder, List<Device> chosen, Console console) {
    long start = System.nanoTime();
    Path pictures = folder.resolve("pictures");
    Path sheet = folder.resolve("contact-sheet.png");
    console.briefly();
    console.doing("drawing pictures");
    new PictureSet(CLASSES, PER_CLASS, IMAGE_SIZE, seed.seed + CLASS_SEEDS)
        .write(pictures, done -> {});
    LabeledImages all = LabeledImages.open(pictures);
    Split split = all.split(VALIDATION_SHARE, seed.seed);
    LearnerOptions learnerOptions =
        new LearnerOptions(
            new WeightChoice.Pretrained(), chosen, Optional.empty(), FeatureCache.off());
    JsonArray rows = new JsonArray();
    for (Way way : ways()) {
      try (TransferLearner learner =
          TransferLearner.of(Zoo.find(BACKBONE), learnerOptions.withWeights(way.weights()))) {
        long begin = System.nanoTime();
        Fit fit =
            learner.fit(split.train(), Optional.of(split.validation()), way.options(), console);
        Path model = folder.resolve(way.folder());
        fit.model().save(model);
        if (way.folder().equals(FINE_TUNED)) {
          ContactSheet.write(answers(fit.model(), split), sheet);
        }
        JsonObject row = new JsonObject();
        row.addProperty("trained", way.name());
        row.addProperty("top1", fit.evaluation().map(Evaluation::top1).orElseThrow());
        row.addProperty("seconds", (System.nanoTime() - begin) / 1e9);
        row.addProperty("model", model.toString());
        rows.add(row);
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    console.close();
    if (common.json) {
      JsonObject json = new JsonObject();
      json.addProperty("classes", CLASSES);
      json.addProperty("train_images", split.train().images().size());
      json.addProperty("validation_images", split.validation().images().size());
      json.add("ways", rows);
      json.addProperty("seconds", seconds);
      json.addProperty("pictures", pictures.toString());
      json.addProperty("contact_sheet", sheet.toString());
      common.print(json);
    } else {
      print(rows, split, folder, sheet);
    }
  }

  private List<Way> ways() {
    FitOptions head =
        FitOptions.defaults().withSeed(seed.seed).withEpochs(EPOCHS).withLearningRate(RATE);
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
                    new Stage(Unfreeze.NONE, EPOCHS, RATE),
                    new Stage(new Unfreeze("block5"), EPOCHS, FINE_RATE)))),
        new Way(
            "All layers from scratch",
            "from-scratch",
            random,
            head.withSchedule(new Schedule.OneCycle())
                .withStages(List.of(new Stage(Unfreeze.ALL, EPOCHS, RATE)))));
  }

  private void print(JsonArray rows, Split split, Path folder, Path sheet) {
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

        Differences below 0.04 are chance. Answers after fine-tuning, right in green, wrong in red:
               %s
        Next:  %s predict --model %s %s
        With your own photographs, one sub-folder per class (fetches VGG16 once, 528 MiB):
               %2$s train --data FOLDER --out MODEL\
        """
            .formatted(
                sheet,
                ReportFormat.program(),
                ReportFormat.quoted(folder.resolve(FINE_TUNED)),
                ReportFormat.quoted(folder.resolve("pictures/c0/000.jpg"))));
  }

  /** Classifies the first validation pictures of each class. */
  private static List<ContactSheet.Row> answers(TransferModel model, Split split) {
    List<Path> examples =
        IntStream.range(0, CLASSES)
            .mapToObj(label -> first(split.train(), label, 1).get(0))
            .toList();
    return IntStream.range(0, CLASSES)
        .mapToObj(
            label ->
                new ContactSheet.Row(
                    examples.get(label),
                    first(split.validation(), label, ON_SHEET).stream()
                        .map(picture -> answer(model, picture, label, examples))
                        .toList()))
        .toList();
  }

  private static List<Path> first(LabeledImages images, int label, int count) {
    return images.images().stream()
        .filter(image -> image.label() == label)
        .limit(count)
        .map(LabeledImage::path)
        .toList();
  }

  private static ContactSheet.Answer answer(
      TransferModel model, Path picture, int label, List<Path> examples) {
    int named = model.classes().indexOf(model.classify(picture).best().getClassName());
    return new ContactSheet.Answer(
        picture, named == label ? Optional.empty() : Optional.of(examples.get(named)));
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

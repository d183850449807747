package io.graft.cli;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.cli.options.BadImageOption;
import io.graft.cli.options.CheckpointOptions;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.DescentOptions;
import io.graft.cli.options.DeviceOption;
import io.graft.cli.options.ElementType;
import io.graft.cli.options.HeadOptions;
import io.graft.cli.options.ObjectiveOptions;
import io.graft.cli.options.ViewOptions;
import io.graft.cli.report.Console;
import io.graft.cli.report.TrainReport;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.features.FeatureCache;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.Stage;
import io.graft.runtime.Devices;
import io.graft.runtime.DurableFiles;
import io.graft.tensors.TensorType;
import io.graft.train.Checkpoints;
import io.graft.train.EpochMetrics;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Trains a backbone from nothing. */
@Command(
    name = "pretrain",
    sortOptions = false,
    customSynopsis = "graft pretrain --data DIR|CSV --out FILE.safetensors [OPTION...]",
    defaultValueProvider = PretrainCommand.Defaults.class,
    footer = {
      "",
      "Example:",
      "  graft draw --out drawn",
      "  graft pretrain --data drawn --width 0.25 --image-size 96 --out backbone.safetensors",
      "  graft train --data flowers --weights backbone.safetensors --out flowers-model"
    },
    description =
        "Train a source model: all layers of a network, from random weights, on labelled images. Its"
            + " layers up to the last pooling become a backbone like any other.")
final class PretrainCommand implements Callable<Integer> {

  /** What suits a whole network, where train has what suits a head. */
  static final class Defaults implements CommandLine.IDefaultValueProvider {
    private static final Map<String, String> VALUES =
        Map.of(
            "--head", "pool",
            "--hidden", "512",
            "--optimizer", "adamw",
            "--weight-decay", "0.05",
            "--schedule", "one-cycle",
            "--augment", "crop");

    @Override
    public String defaultValue(ArgSpec argument) {
      return argument instanceof OptionSpec option ? VALUES.get(option.longestName()) : null;
    }
  }

  @Option(
      names = "--data",
      paramLabel = "DIR|CSV",
      required = true,
      description = "The labelled images.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "FILE.safetensors",
      required = true,
      description = "The weights to write; a file that is there is replaced.")
  private Path out;

  @Option(
      names = "--validation-split",
      paramLabel = "SHARE",
      defaultValue = "0.02",
      description =
          "Keep this share of each class to validate on after every epoch, 0 for none; 0.02 if"
              + " absent.")
  private double share;

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      defaultValue = "vgg16_bn",
      description =
          "vgg11, vgg13, vgg16 or vgg19, with _bn for batch normalisation; vgg16_bn if absent.")
  private String backbone;

  @Option(
      names = "--width",
      paramLabel = "W",
      defaultValue = "1",
      description = "Channels of each layer as a part of the paper's, such as 0.25; 1 if absent.")
  private double width;

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      defaultValue = "224",
      description = "Width and height of the input, a multiple of 32; 224 if absent.")
  private int imageSize;

  @Option(names = "--epochs", paramLabel = "N", defaultValue = "30", description = "30 if absent.")
  private int epochs;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "32",
      description = "Images per batch; 32 if absent.")
  private int batchSize;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      defaultValue = "0.001",
      description = "The optimizer's step size; 0.001 if absent.")
  private double learningRate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Seed of everything that is random; 42 if absent.")
  private long seed;

  @Option(
      names = "--dtype",
      paramLabel = "float16|float32",
      defaultValue = "float16",
      converter = ElementType.class,
      description = "The type of the weights in the file; float16 if absent.")
  private TensorType type;

  @Mixin private HeadOptions head;
  @Mixin private ViewOptions views;
  @Mixin private DescentOptions descent;
  @Mixin private ObjectiveOptions objective;
  @Mixin private DeviceOption device;
  @Mixin private BadImageOption badImages;
  @Mixin private CheckpointOptions checkpoint;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    try (Console console = common.stoppableConsole()) {
      return run(console);
    }
  }

  private int run(Console console) {
    long start = System.nanoTime();
    BackboneSpec spec = Zoo.own(backbone, width, imageSize);
    FitOptions options =
        new FitOptions(
            head.head(),
            head.hidden(),
            List.of(new Stage(Unfreeze.ALL, epochs, learningRate)),
            views.resolveFresh(),
            batchSize,
            descent.resolve(),
            objective.resolve(),
            Optional.empty(),
            seed,
            badImages.onBadImage,
            false,
            false);
    double validated = TrainCommand.requireShare(share);
    DurableFiles.requireWritableFile(out, 0);
    Checkpoints checkpoints = checkpoint.resolve(out);
    LabeledImages all = LabeledImages.open(data);
    Optional<Split> split =
        validated == 0 ? Optional.empty() : Optional.of(all.split(validated, seed));
    LearnerOptions learnerOptions =
        new LearnerOptions(
            new WeightChoice.Random(seed),
            device.resolve(console),
            Optional.of(Precision.FP32),
            FeatureCache.off());
    console.say(
        spec.name()
            + ": "
            + all.images().size()
            + " images in "
            + all.classes().size()
            + " classes");
    try (TransferLearner learner = TransferLearner.of(spec, learnerOptions)) {
      Fit fit =
          learner.fit(
              split.map(Split::train).orElse(all),
              split.map(Split::validation),
              options,
              checkpoints,
              console);
      fit.model().saveBackbone(out, spec, type);
      checkpoint.saved(checkpoints, console);
      double seconds = (System.nanoTime() - start) / 1e9;
      double speed = console.trainedRows() / fit.trainSeconds();
      report(spec, fit, Devices.nameOf(learner.devices()), seconds, speed);
    }
    return 0;
  }

  private void report(
      BackboneSpec spec, Fit fit, String where, double seconds, double imagesPerSecond) {
    if (common.json) {
      JsonObject json = new JsonObject();
      json.addProperty("backbone", spec.name());
      EpochMetrics last = fit.history().get(fit.history().size() - 1);
      json.addProperty("train_top1", last.trainTop1());
      if (last.validationTop1().isPresent()) {
        json.addProperty("top1", last.validationTop1().getAsDouble());
      } else {
        json.add("top1", JsonNull.INSTANCE);
      }
      json.add("history", EpochMetrics.json(fit.history()));
      json.addProperty("images", fit.images());
      json.addProperty("skipped", fit.skipped().size());
      json.addProperty("images_per_second", imagesPerSecond);
      json.addProperty("device", where);
      json.addProperty("seconds", seconds);
      json.addProperty("out", out.toString());
      common.print(json);
    } else {
      common.println(
          String.format(
              Locale.ROOT,
              "%s: %s, %d images, %d epochs, %.0f s (%.1f images/s on %s)%nNext:  graft train --data"
                  + " DIR --weights %s --out MODEL",
              out,
              spec.name(),
              fit.images(),
              fit.history().size(),
              seconds,
              imagesPerSecond,
              where,
              TrainReport.quoted(out)));
    }
  }
}

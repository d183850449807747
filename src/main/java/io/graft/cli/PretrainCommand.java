package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.cli.options.CheckpointOptions;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.DecodeOption;
import io.graft.cli.options.DescentOptions;
import io.graft.cli.options.DeviceOption;
import io.graft.cli.options.ElementTypeOption;
import io.graft.cli.options.EpochOptions;
import io.graft.cli.options.HeadOptions;
import io.graft.cli.options.NetworkOptions;
import io.graft.cli.options.ObjectiveOptions;
import io.graft.cli.options.OutputFileOption;
import io.graft.cli.options.SeedOption;
import io.graft.cli.options.data.BadImageOption;
import io.graft.cli.options.data.DuplicateOption;
import io.graft.cli.options.data.SplitOption;
import io.graft.cli.options.data.TrainingDataOptions;
import io.graft.cli.options.data.ViewOptions;
import io.graft.cli.report.Console;
import io.graft.cli.report.DuplicatesReport;
import io.graft.cli.report.ListingReport;
import io.graft.cli.report.ReportFormat;
import io.graft.cli.report.TestReport;
import io.graft.data.DataParts;
import io.graft.features.Duplicates;
import io.graft.features.FeatureCache;
import io.graft.image.Decode;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Stage;
import io.graft.runtime.Devices;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.InvalidOptionException;
import io.graft.tensors.TensorType;
import io.graft.train.Checkpoints;
import io.graft.train.EpochMetrics;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Trains a backbone from scratch. */
@Command(
    name = "pretrain",
    sortOptions = false,
    defaultValueProvider = PretrainCommand.Defaults.class,
    customSynopsis = "${COMMAND-FULL-NAME} --data DIR|CSV --out FILE.safetensors [OPTION...]",
    footer = {
      "",
      "Examples:",
      "  ${ROOT-COMMAND-NAME} draw --out drawn",
      "  ${ROOT-COMMAND-NAME} pretrain --data drawn --image-size 96 --out own.safetensors",
      "  ${ROOT-COMMAND-NAME} train --data flowers --weights own.safetensors --out flowers-model"
    },
    description =
        "Train a source model from scratch: all layers of a network, on labelled images. Its layers"
            + " up to the last pooling layer become a backbone like any other.")
final class PretrainCommand implements Callable<Integer> {

  /** The default values of options whose usual default suits only the training of a head. */
  static final class Defaults implements CommandLine.IDefaultValueProvider {
    private static final Map<String, String> VALUES =
        Map.ofEntries(
            Map.entry("--backbone", "vgg16_bn"),
            Map.entry("--image-size", "224"),
            Map.entry("--epochs", "30"),
            Map.entry("--head", "pool"),
            Map.entry("--hidden", "512"),
            Map.entry("--optimizer", "adamw"),
            Map.entry("--weight-decay", "0.05"),
            Map.entry("--schedule", "one-cycle"),
            Map.entry("--augment", "crop"));

    @Override
    public String defaultValue(ArgSpec argument) {
      return argument instanceof OptionSpec option ? VALUES.get(option.longestName()) : null;
    }
  }

  @Mixin private TrainingDataOptions data;
  @Mixin private OutputFileOption out;
  // Not a default of the option: a share that is given has precedence over a folder.
  @Mixin private SplitOption validation = new SplitOption(0.02);
  @Mixin private NetworkOptions network;

  @Option(
      names = "--width",
      paramLabel = "W",
      defaultValue = "1",
      description =
          "Channels of each layer as a factor of the published network's, such as 0.25;"
              + " ${DEFAULT-VALUE} if absent.")
  private double width;

  @Mixin private EpochOptions epochs;
  @Mixin private SeedOption seed;
  @Mixin private ElementTypeOption elements;
  @Mixin private HeadOptions head;
  @Mixin private ViewOptions views;
  @Mixin private DescentOptions descent;
  @Mixin private ObjectiveOptions objective;
  @Mixin private DeviceOption device;
  @Mixin private DecodeOption decode;
  @Mixin private BadImageOption badImages;
  @Mixin private DuplicateOption duplicates;
  @Mixin private CheckpointOptions checkpoint;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    long start = System.nanoTime();
    decode.requirePossible();
    BackboneSpec spec = Zoo.own(network.name, width, network.imageSize);
    if (epochs.learningRate() instanceof LearningRate.Searched) {
      throw new InvalidOptionException(
          "--learning-rate is auto, but pretrain does not search for one. Name a number, such as"
              + " 0.001.");
    }
    FitOptions options =
        new FitOptions(
            head.head(),
            head.hidden(),
            List.of(new Stage(Unfreeze.ALL, epochs.epochs(), epochs.learningRate())),
            views.resolve("fresh"),
            descent.batchSize,
            descent.resolve(),
            objective.resolve(),
            Optional.empty(),
            seed.seed,
            badImages.onBadImage,
            false,
            false);
    validation.share();
    DurableFiles.requireWritableFile(out.path, 0);
    Checkpoints checkpoints = checkpoint.resolve(out.path);
    DataParts listed = data.open(validation, seed.seed, console);
    LearnerOptions learnerOptions =
        new LearnerOptions(
            new WeightChoice.Random(seed.seed),
            device.resolve(console),
            Optional.of(Precision.FP32),
            FeatureCache.off(),
            TensorType.F16,
            // There are no features to compare, so auto is exact.
            decode.resolve().filter(way -> way != Decode.AUTO).orElse(Decode.EXACT));
    console.note(
        "%s: %s images in %s classes"
            .formatted(
                spec.name(),
                listed.train().images().size()
                    + listed.validation().map(each -> each.images().size()).orElse(0),
                listed.train().classes().size()));
    try (TransferLearner learner = TransferLearner.of(spec, learnerOptions)) {
      DuplicatesReport copies =
          duplicates.apply(
              Duplicates.among(listed, badImages.onBadImage, learner.cache(), console), console);
      DataParts parts = copies.parts();
      Fit fit = learner.fit(parts.train(), parts.validation(), options, checkpoints, console);
      fit.model().saveBackbone(out.path, spec, elements.type);
      Optional<TestReport> test =
          TestReport.of(parts, fit.model(), out.path, learner, badImages.onBadImage, console);
      checkpoint.saved(checkpoints, console);
      double seconds = (System.nanoTime() - start) / 1e9;
      double speed = console.trainedRows() / fit.trainSeconds();
      report(spec, fit, copies, test, Devices.nameOf(learner.devices()), seconds, speed);
    }
  }

  private void report(
      BackboneSpec spec,
      Fit fit,
      DuplicatesReport copies,
      Optional<TestReport> test,
      String where,
      double seconds,
      double imagesPerSecond) {
    if (common.json) {
      JsonObject json = new JsonObject();
      json.addProperty("backbone", spec.name());
      EpochMetrics last = fit.history().get(fit.history().size() - 1);
      json.addProperty("train_top1", last.trainTop1());
      json.add("top1", ReportFormat.orNull(last.validationTop1()));
      json.add("history", EpochMetrics.json(fit.history()));
      json.addProperty("images", fit.images());
      json.addProperty("skipped", fit.skipped().size());
      json.add("not_read", ListingReport.of(copies.parts()).notRead());
      data.addTo(json, copies.parts());
      json.add("test", TestReport.json(test));
      json.add("duplicates", copies.json());
      json.addProperty("images_per_second", imagesPerSecond);
      json.addProperty("device", where);
      json.addProperty("decode", fit.model().card().decode().word());
      json.addProperty("seconds", seconds);
      json.addProperty("out", out.path.toString());
      common.print(json);
    } else {
      test.ifPresent(report -> common.println(report.text()));
      common.printLine(
          "%s: %s, %s, %s, %.0f s (%.1f images/s on %s)%nNext:  %s train --data"
              + " DIR --weights %s --out MODEL",
          out.path,
          spec.name(),
          ReportFormat.count(fit.images(), "image"),
          ReportFormat.count(fit.history().size(), "epoch"),
          seconds,
          imagesPerSecond,
          where,
          ReportFormat.program(),
          ReportFormat.quoted(out.path));
    }
  }
}

package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.TransferLearner;
import io.graft.cli.options.BackboneOptions;
import io.graft.cli.options.CheckpointOptions;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.DescentOptions;
import io.graft.cli.options.ElementTypeOption;
import io.graft.cli.options.HeadOptions;
import io.graft.cli.options.ObjectiveOptions;
import io.graft.cli.options.StageOptions;
import io.graft.cli.options.data.BadImageOption;
import io.graft.cli.options.data.DuplicateOption;
import io.graft.cli.options.data.TrainingDataOptions;
import io.graft.cli.options.data.ValidationOptions;
import io.graft.cli.options.data.ViewOptions;
import io.graft.cli.report.Console;
import io.graft.cli.report.CrossValidationReport;
import io.graft.cli.report.DuplicatesReport;
import io.graft.cli.report.ListingReport;
import io.graft.cli.report.ReportFormat;
import io.graft.cli.report.SeedsReport;
import io.graft.cli.report.TestReport;
import io.graft.cli.report.TrainReport;
import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import io.graft.features.Duplicates;
import io.graft.model.TransferModel;
import io.graft.recipe.FitOptions;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import io.graft.train.Checkpoints;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a classifier on labelled images and saves it. */
@Command(
    name = "train",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} --data DIR|CSV --out MODEL [OPTION...]",
    footer = {
      "",
      "Examples:",
      "  ${ROOT-COMMAND-NAME} train --data flowers --out flowers-model",
      "  ${ROOT-COMMAND-NAME} train --data train --validation val --out model --epochs 20 --seed 1"
    },
    description =
        "Train a classifier on a folder with one sub-folder of images per class, or on a CSV table"
            + " with the columns path,label; for multi-label images path,labels, with | between the"
            + " labels. A folder may be divided into the folders train, val and test.")
final class TrainCommand implements Callable<Integer> {

  @Mixin private TrainingDataOptions data;

  @Option(
      names = "--out",
      paramLabel = "MODEL",
      required = true,
      description = "The folder to save the model in; an existing model is replaced.")
  private Path out;

  @ArgGroup private ValidationOptions validation = new ValidationOptions();

  @Mixin private HeadOptions head;
  @Mixin private StageOptions stages;
  @Mixin private ElementTypeOption rows;
  @Mixin private ViewOptions views;

  @Option(
      names = "--calibrate",
      description =
          "After the last epoch, fit a temperature on the validation images, so that a probability"
              + " of 0.8 is right in 80 of 100 cases.")
  private boolean calibrate;

  @Option(
      names = "--fit-thresholds",
      description =
          "With multi-label images: after the last epoch, choose for each class the threshold with"
              + " the largest F1 on the validation images. All are 0.5 if absent.")
  private boolean fitThresholds;

  @Option(
      names = "--early-stopping",
      paramLabel = "PATIENCE",
      description =
          "Stop after this many epochs without a better validation loss, and keep the best epoch."
              + " If absent, train all epochs.")
  private Integer earlyStopping;

  @Option(
      names = "--keep",
      paramLabel = "last|best",
      description =
          "The epoch whose parameters the model has: the last, or the one with the smallest"
              + " validation loss. If absent best with --early-stopping, else last.")
  private String keep;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Train with N seeds, starting at --seed, on the same features and the same split, and"
              + " report mean and deviation. The model is that of the first seed. ${DEFAULT-VALUE}"
              + " if absent.")
  private int seeds;

  @Mixin private DescentOptions descent;
  @Mixin private ObjectiveOptions objective;
  @Mixin private BackboneOptions backbone;
  @Mixin private CheckpointOptions checkpoint;
  @Mixin private BadImageOption badImages;
  @Mixin private DuplicateOption duplicates;

  @Option(
      names = "--no-digests",
      description =
          "Save the model without the digests of its training images, by which evaluate recognises"
              + " them.")
  private boolean noDigests;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    long start = System.nanoTime();
    FitOptions options = options();
    validation.share();
    backbone.requireKnown();
    requireSeeds();
    Checkpoints checkpoints = checkpoint.resolve(out);
    boolean replaces = TransferModel.requireSavable(out);
    DataParts listed = data.open(validation, backbone.seed(), console);
    LabeledImages all = listed.train();
    console.note(
        "%s training images in %s classes, %s%s%s"
            .formatted(
                all.images().size(),
                all.classes().size(),
                validation
                    .folds()
                    .map(count -> count + " folds")
                    .orElse(count(listed.validation()) + " validation images"),
                listed.test().isEmpty() ? "" : ", " + count(listed.test()) + " test images",
                all.passedOver() > 0
                    ? ", " + ReportFormat.count(all.passedOver(), "file") + " passed over"
                    : ""));
    try (TransferLearner learner = backbone.learner(console, rows.type)) {
      DuplicatesReport copies =
          duplicates.apply(
              validation
                  .folds()
                  .map(count -> all.folds(count, backbone.seed()))
                  .map(
                      each ->
                          Duplicates.acrossFolds(
                              listed, each, badImages.onBadImage, learner.cache(), console))
                  .orElseGet(
                      () ->
                          Duplicates.among(listed, badImages.onBadImage, learner.cache(), console)),
              console);
      DataParts parts = copies.parts();
      LabeledImages train = parts.train();
      Optional<CrossValidationReport> folds =
          validation
              .folds()
              .map(count -> learner.crossValidate(train, count, options, console))
              .map(CrossValidationReport::new);
      List<Fit> fits =
          folds.isPresent()
              ? List.of(folds.get().validated().fit())
              : seeds == 1
                  ? List.of(learner.fit(train, parts.validation(), options, checkpoints, console))
                  : learner.fitSeeds(
                      train,
                      parts.validation(),
                      options,
                      LongStream.range(0, seeds).mapToObj(i -> backbone.seed() + i).toList(),
                      console);
      Fit fit = fits.get(0);
      fit.model().save(out, !noDigests);
      Optional<TestReport> test =
          TestReport.of(parts, fit.model(), out, learner, badImages.onBadImage, console);
      if (seeds == 1 && folds.isEmpty()) {
        checkpoint.saved(checkpoints, console);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      TrainReport report =
          new TrainReport(fit, test, Devices.nameOf(learner.devices()), out, replaces, seconds);
      SeedsReport several = new SeedsReport(backbone.seed(), fits);
      if (common.json) {
        JsonObject json = report.json();
        data.addTo(json, parts);
        json.add("duplicates", copies.json());
        json.add("not_read", ListingReport.of(parts).notRead());
        folds.ifPresent(each -> each.addTo(json));
        if (seeds > 1) {
          several.addTo(json);
        }
        common.print(json);
      } else {
        Optional<Path> labeled = data.labeled(parts).or(validation::images);
        common.println(
            report.text(
                labeled.filter(each -> copies.apart()),
                Stream.of(copies.caution(), backbone.caution())
                    .flatMap(Optional::stream)
                    .toList()));
        folds.ifPresent(each -> common.println(each.text()));
        if (seeds > 1) {
          common.println(several.text());
        }
      }
    }
  }

  private FitOptions options() {
    FitOptions given =
        new FitOptions(
            head.head(),
            head.hidden(),
            stages.resolve(),
            views.resolve("4"),
            descent.batchSize,
            descent.resolve(),
            objective.resolve(),
            Optional.ofNullable(earlyStopping),
            backbone.seed(),
            badImages.onBadImage,
            calibrate,
            fitThresholds);
    return keepsBest() && earlyStopping == null ? given.withBestEpoch() : given;
  }

  private boolean keepsBest() {
    if (keep == null) {
      return earlyStopping != null;
    }
    boolean best =
        Suggestions.choose("epoch to keep", keep, List.of("last", "best"), w -> w).equals("best");
    if (!best && earlyStopping != null) {
      throw new InvalidOptionException(
          "--early-stopping keeps the best epoch, but --keep is last. Remove one of them.");
    }
    return best;
  }

  private void requireSeeds() {
    if (seeds < 1) {
      throw new InvalidOptionException(
          "Seeds is " + seeds + ": expected a whole number of at least 1, such as 5.");
    } else if (seeds > 1 && validation.folds().isPresent()) {
      throw new InvalidOptionException(
          "--folds trains each fold with one seed, but --seeds is " + seeds + ". Remove one.");
    } else if (seeds > 1 && validation.none()) {
      throw new InvalidOptionException(
          "--seeds reports the mean top-1 on validation images, but there are none. Name them with"
              + " --validation, or remove --seeds.");
    } else if ((seeds > 1 || validation.folds().isPresent()) && checkpoint.given()) {
      throw new InvalidOptionException(
          "A run of several seeds or folds writes no checkpoints: expected --seeds and --folds"
              + " without --resume, --checkpoint and --keep-checkpoint. Features are kept all the"
              + " same.");
    }
  }

  private static int count(Optional<LabeledImages> images) {
    return images.map(each -> each.images().size()).orElse(0);
  }
}

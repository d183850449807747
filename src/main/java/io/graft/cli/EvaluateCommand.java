package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.graft.cli.options.CacheOption;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.ModelOptions;
import io.graft.cli.options.SeedOption;
import io.graft.cli.options.TopOption;
import io.graft.cli.options.data.BadImageOption;
import io.graft.cli.options.data.DataOption;
import io.graft.cli.options.data.PartOptions;
import io.graft.cli.options.data.TableOptions;
import io.graft.cli.report.Console;
import io.graft.cli.report.EvaluatedImages;
import io.graft.cli.report.ListingReport;
import io.graft.cli.report.MeasuredReport;
import io.graft.cli.report.ReportFormat;
import io.graft.data.LabeledImages;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.model.TransferModel;
import io.graft.runtime.DurableFiles;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a saved model on labelled images. */
@Command(
    name = "evaluate",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} --model MODEL --data DIR|CSV [OPTION...]",
    footer = {
      "",
      "Example:",
      "  ${ROOT-COMMAND-NAME} evaluate --model flowers-model --data more-flowers"
    },
    description =
        "Measure a model on labelled images. Their classes must be among those of the model.")
final class EvaluateCommand implements Callable<Integer> {

  @Mixin private DataOption data;
  @Mixin private TableOptions tables;
  @Mixin private PartOptions part;
  @Mixin private TopOption top;

  @Option(
      names = "--predictions",
      paramLabel = "FILE.csv",
      description = "Write the answer for every image to a CSV file.")
  private Path predictions;

  @Mixin private SeedOption seed;
  @Mixin private ModelOptions model;
  @Mixin private CacheOption cache;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    int mostTop = top.resolve();
    model.requirePossible();
    if (predictions != null) {
      DurableFiles.requireWritableFile(predictions, 0);
    }
    FeatureCache place = cache.resolve(console);
    data.unpack(console);
    try (TransferModel loaded = model.load(console)) {
      LabeledImages images =
          part.of(
              LabeledImages.open(
                  data.path,
                  data.listing(part.format(tables.format(data.path))),
                  loaded.classes()));
      ListingReport listing = ListingReport.of(images);
      listing.print(console);
      try (Extraction rows = loaded.extract(images, place, badImages.onBadImage, console)) {
        float[][] logits = loaded.logits(rows);
        MeasuredReport report = MeasuredReport.of(loaded, rows, logits, seed.seed, mostTop);
        EvaluatedImages answers =
            new EvaluatedImages(
                rows.images(),
                rows.store().labelSets(),
                logits,
                loaded.card().decision(),
                loaded.classes());
        if (predictions != null) {
          answers.write(predictions);
        }
        Optional<Integer> trained = loaded.trainedOn(rows);
        if (common.json) {
          JsonObject json = report.json();
          json.add("worst", answers.worstJson());
          json.add("trained_on", new Gson().toJsonTree(trained.orElse(null)));
          json.addProperty("skipped", rows.skipped().size());
          json.add("skipped_files", ReportFormat.skippedFiles(rows.skipped()));
          json.add("not_read", listing.notRead());
          json.addProperty("feature_rows_computed", rows.rowsComputed());
          json.addProperty("feature_rows_reused", rows.rowsReused());
          json.add(
              "extract_images_per_second",
              ReportFormat.orNull(
                  ReportFormat.imagesPerSecond(rows.rowsComputed(), rows.seconds())));
          json.addProperty("decode", rows.decode().word());
          json.addProperty("model", model.model.toString());
          common.print(json);
        } else {
          common.println(
              report.text(rows.skipped().size())
                  + trained.map(count -> text(count, rows.store().rows())).orElse("")
                  + answers.worstText());
        }
      }
    }
  }

  private static String text(int trained, int images) {
    return trained == 0
        ? "\nThe model was trained on none of these images."
        : "\nThe model was trained on %s of these %s images, so these numbers are too good for new ones."
            .formatted(trained, images);
  }
}

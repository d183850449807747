package io.graft.cli;

import com.google.gson.JsonObject;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.ModelOptions;
import io.graft.cli.options.TopOption;
import io.graft.cli.options.data.BadImageOption;
import io.graft.cli.options.data.ImageArguments;
import io.graft.cli.report.Console;
import io.graft.cli.report.CsvFile;
import io.graft.cli.report.ListingReport;
import io.graft.cli.report.PredictionFormat;
import io.graft.cli.report.ReportFormat;
import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.image.Decode;
import io.graft.model.Answers;
import io.graft.model.TransferModel;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Classifies images with a saved model. */
@Command(
    name = "predict",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} --model MODEL IMAGE|DIR... [OPTION...]",
    footer = {
      "",
      "Examples:",
      "  ${ROOT-COMMAND-NAME} predict --model flowers-model rose.jpg photos",
      "  ${ROOT-COMMAND-NAME} predict --model flowers-model photos --csv answers.csv"
    },
    description =
        "Classify images: name the most probable classes of each, or with a multi-label model those"
            + " that reach their threshold.")
final class PredictCommand implements Callable<Integer> {

  @Mixin private ImageArguments arguments;
  @Mixin private TopOption top;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write the answers to a CSV file instead of standard output.")
  private Path csv;

  @Option(
      names = "--jsonl",
      description = "Print one JSON object per image, each as soon as it is known.")
  private boolean jsonLines;

  @Mixin private ModelOptions model;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    int most = top.resolve();
    model.requirePossible();
    if (common.json && jsonLines) {
      throw new InvalidOptionException(
          "--json prints one object for all images and --jsonl one for each. Expected one of them."
              + " Remove the other.");
    }
    if (csv != null) {
      DurableFiles.requireWritableFile(csv, 0);
    }
    LabeledImages images = arguments.resolve();
    if (images.passedOver() > 0) {
      console.note(
          "%s, %s passed over"
              .formatted(
                  ReportFormat.count(images.images().size(), "image"),
                  ReportFormat.count(images.passedOver(), "file")));
    }
    ListingReport.of(images).print(console);
    Report report = new Report(console);
    // Even if such images are an error, the others are classified first.
    OnBadImage skipping = OnBadImage.SKIP.withMaxPixels(badImages.onBadImage.maxPixels());
    try (TransferModel loaded = model.load(console)) {
      if (top.given() && loaded.card().multiLabel()) {
        throw new InvalidOptionException(
            "--top is for models with one label per image, but this is a multi-label model, which"
                + " names every class that reaches its threshold. Remove --top.");
      }
      report.decode = loaded.decode();
      report.format = new PredictionFormat(loaded.classes(), loaded.card().decision(), most);
      if (csv == null) {
        loaded.score(images, skipping, report, progress(console));
      } else {
        CsvFile.write(
            csv,
            file -> {
              file.row(report.format.csvHeader());
              report.file = file;
              loaded.score(images, skipping, report, progress(console));
            });
      }
    }
    report.end(images);
  }

  /** Returns a progress that shows no counts between the answers on standard output. */
  private Progress progress(Console console) {
    boolean shown = common.json || (csv != null && !jsonLines);
    return shown
        ? console
        : new Progress() {
          @Override
          public void note(String line) {
            console.note(line);
          }

          @Override
          public void detail(String line) {
            console.detail(line);
          }

          @Override
          public boolean stopRequested() {
            return console.stopRequested();
          }
        };
  }

  /** Writes each answer where it was asked for. */
  private final class Report implements Answers {

    private final Console console;
    private final List<BadImage> skipped = new ArrayList<>();

    /** The answers as JSON texts, which are smaller than trees of objects. */
    private final List<String> predictions = new ArrayList<>();

    private PredictionFormat format;
    private Decode decode;
    private CsvFile file;
    private int answered;

    Report(Console console) {
      this.console = console;
    }

    @Override
    public void answered(LabeledImage image, float[] logits) {
      answered++;
      Path path = image.path();
      if (jsonLines) {
        common.print(format.json(path, logits));
      } else if (common.json) {
        predictions.add(CommonOptions.text(format.json(path, logits)));
      } else if (file == null) {
        common.println(format.text(path, logits));
      }
      if (file != null) {
        file.row(format.csvRow(path, logits));
      }
    }

    @Override
    public void skipped(BadImage image) {
      skipped.add(image);
      console.skipped(image.path(), image.reason());
      if (jsonLines) {
        JsonObject json = new JsonObject();
        json.addProperty("path", image.path().toString());
        json.addProperty("skipped", true);
        json.addProperty("reason", image.reason());
        common.print(json);
      }
    }

    /** Writes what concerns all images. Throws if images that cannot be used are an error. */
    void end(LabeledImages images) {
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("images", answered);
        json.addProperty("skipped", skipped.size());
        json.add("skipped_files", ReportFormat.skippedFiles(skipped));
        json.addProperty("passed_over", images.passedOver());
        json.add("not_read", ListingReport.of(images).notRead());
        json.addProperty("decode", decode.word());
        json.addProperty("model", model.model.toString());
        common.print("predictions", predictions, json);
      } else if (csv != null && !jsonLines) {
        common.printLine(
            "%s: %s, %d skipped", csv, ReportFormat.count(answered, "image"), skipped.size());
      }
      if (answered == 0 || (badImages.onBadImage.fails() && !skipped.isEmpty())) {
        throw cannotUse();
      }
    }

    private BadDataException cannotUse() {
      BadImage first = skipped.get(0);
      int others = skipped.size() - 1;
      return new BadDataException(
          ("Cannot use the image %s: %s%s. Expected a whole JPEG, PNG, GIF, BMP, TIFF, WebP or PPM"
                  + " file.%s")
              .formatted(
                  first.path(),
                  first.reason(),
                  others == 0 ? "" : " (and " + others + " more)",
                  answered == 0
                      ? ""
                      : " %s of %s images were classified."
                          .formatted(answered, answered + skipped.size())),
          first.settings().toArray(String[]::new));
    }
  }
}

package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.graft.TransferLearner;
import io.graft.cli.options.BackboneOptions;
import io.graft.cli.options.BadImageOption;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.DataOption;
import io.graft.cli.options.ElementTypeOption;
import io.graft.cli.options.OutputFileOption;
import io.graft.cli.options.SplitFoldersOption;
import io.graft.cli.options.TableOptions;
import io.graft.cli.report.Console;
import io.graft.cli.report.ListingReport;
import io.graft.data.LabeledImages;
import io.graft.features.Extraction;
import io.graft.runtime.Devices;
import io.graft.runtime.DurableFiles;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the features of images to a file for other tools. */
@Command(
    name = "extract",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} --data DIR|CSV --out FILE [OPTION...]",
    footer = {
      "",
      "Example:",
      "  ${ROOT-COMMAND-NAME} extract --data flowers --out features.safetensors"
    },
    description = "Write the features of labelled images to a safetensors file.")
final class ExtractCommand implements Callable<Integer> {

  @Mixin private DataOption data;
  @Mixin private TableOptions tables;
  @Mixin private SplitFoldersOption splitFolders;
  @Mixin private OutputFileOption out;

  @Option(
      names = "--boundary",
      paramLabel = "LAYER",
      defaultValue = "block5_pool",
      description =
          "The last layer to run, by its Keras or torchvision name; ${DEFAULT-VALUE} if absent.")
  private String boundary;

  @Mixin private ElementTypeOption elements;
  @Mixin private BackboneOptions backbone;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    DurableFiles.requireWritableFile(out.path, 0);
    LabeledImages images = splitFolders.openWhole(data.path, tables.format(data.path));
    ListingReport listing = ListingReport.of(images);
    listing.print(console);
    try (TransferLearner learner = backbone.learner(console, elements.type);
        Extraction rows =
            learner.extract(
                images, boundary, elements.type, out.path, badImages.onBadImage, console)) {
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("images", rows.store().rows());
        json.addProperty("skipped", rows.skipped().size());
        json.add("not_read", listing.notRead());
        json.addProperty("feature_rows_computed", rows.rowsComputed());
        json.addProperty("feature_rows_reused", rows.rowsReused());
        json.add("row_shape", new Gson().toJsonTree(rows.store().rowShape().getShape()));
        json.addProperty("extract_images_per_second", rows.rowsComputed() / rows.seconds());
        json.addProperty("device", Devices.nameOf(learner.devices()));
        json.addProperty("precision", rows.precision().word());
        json.addProperty("out", out.path.toString());
        common.print(json);
      } else {
        common.printLine(
            "%s: %d rows of %s, %d skipped, %.1f images/s on %s",
            out.path,
            rows.store().rows(),
            rows.store().rowShape(),
            rows.skipped().size(),
            rows.rowsComputed() / rows.seconds(),
            Devices.nameOf(learner.devices()));
      }
    }
  }
}

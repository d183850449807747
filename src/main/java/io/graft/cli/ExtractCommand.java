package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.graft.TransferLearner;
import io.graft.cli.options.BackboneOptions;
import io.graft.cli.options.BadImageOption;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.ElementType;
import io.graft.cli.report.Console;
import io.graft.data.LabeledImages;
import io.graft.features.Extraction;
import io.graft.runtime.Devices;
import io.graft.runtime.DurableFiles;
import io.graft.tensors.TensorType;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the frozen layers' output for other tools. */
@Command(
    name = "extract",
    sortOptions = false,
    description = "Write the frozen layers' features of labelled images to a safetensors file.")
final class ExtractCommand implements Callable<Integer> {

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
      description = "The file to write; one that is there is replaced.")
  private Path out;

  @Option(
      names = "--boundary",
      paramLabel = "LAYER",
      defaultValue = "block5_pool",
      description =
          "The last layer to run, by Keras's or torchvision's name; block5_pool if absent.")
  private String boundary;

  @Option(
      names = "--dtype",
      paramLabel = "float16|float32",
      defaultValue = "float16",
      converter = ElementType.class,
      description = "float16 if absent.")
  private TensorType elementType;

  @Mixin private BackboneOptions backbone;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    try (Console console = common.stoppableConsole()) {
      return run(console);
    }
  }

  private int run(Console console) {
    DurableFiles.requireWritableFile(out, 0);
    LabeledImages images = LabeledImages.open(data);
    try (TransferLearner learner = backbone.learner(console, elementType);
        Extraction rows =
            learner.extract(images, boundary, elementType, out, badImages.onBadImage, console)) {
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("images", rows.store().rows());
        json.addProperty("skipped", rows.skipped().size());
        json.addProperty("feature_rows_computed", rows.rowsComputed());
        json.addProperty("feature_rows_reused", rows.rowsReused());
        json.add("row_shape", new Gson().toJsonTree(rows.store().rowShape().getShape()));
        json.addProperty("extract_images_per_second", rows.rowsComputed() / rows.seconds());
        json.addProperty("device", Devices.nameOf(learner.devices()));
        json.addProperty("precision", rows.precision().word());
        json.addProperty("out", out.toString());
        common.print(json);
      } else {
        common.println(
            String.format(
                Locale.ROOT,
                "%s: %d rows of %s, %d skipped, %.1f images/s on %s",
                out,
                rows.store().rows(),
                rows.store().rowShape(),
                rows.skipped().size(),
                rows.rowsComputed() / rows.seconds(),
                Devices.nameOf(learner.devices())));
      }
    }
    return 0;
  }
}

package io.graft.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.graft.TransferLearner;
import io.graft.cli.options.BackboneOptions;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.ElementTypeOption;
import io.graft.cli.options.data.BadImageOption;
import io.graft.cli.options.data.DataOption;
import io.graft.cli.options.data.ImageArguments;
import io.graft.cli.options.data.PartOptions;
import io.graft.cli.options.data.SplitFoldersOption;
import io.graft.cli.options.data.TableOptions;
import io.graft.cli.report.Console;
import io.graft.cli.report.ListingReport;
import io.graft.cli.report.ReportFormat;
import io.graft.data.LabeledImages;
import io.graft.data.ListingOptions;
import io.graft.features.Extraction;
import io.graft.features.FeatureFile;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
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
      "Examples:",
      "  ${ROOT-COMMAND-NAME} extract --data flowers --out features.safetensors",
      "  ${ROOT-COMMAND-NAME} extract --data photos --no-labels --out features.npy"
    },
    description =
        "Write the features of images to a file for other programs: a safetensors file, or NumPy's"
            + " arrays.")
final class ExtractCommand implements Callable<Integer> {

  @Mixin private DataOption data;
  @Mixin private TableOptions tables;
  @Mixin private PartOptions part;
  @Mixin private SplitFoldersOption splitFolders;

  @Option(
      names = "--no-labels",
      description =
          "Take every image in the folder and the folders below it, or in the table, and write no"
              + " labels. Not needed for a folder without folders of classes, an image, - or"
              + " @LIST.")
  private boolean noLabels;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The file to write; an existing file is replaced.")
  private Path out;

  @Option(
      names = "--format",
      paramLabel = "safetensors|npy",
      converter = FormatConverter.class,
      description =
          "The format of the file; if absent npy if its name ends in .npy, otherwise safetensors.")
  private FeatureFile.Format format;

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

  /** Reads the option. An error message lists the values as people type them. */
  static final class FormatConverter implements CommandLine.ITypeConverter<FeatureFile.Format> {
    @Override
    public FeatureFile.Format convert(String text) {
      return switch (text) {
        case "safetensors" -> FeatureFile.Format.SAFETENSORS;
        case "npy" -> FeatureFile.Format.NPY;
        default ->
            throw new CommandLine.TypeConversionException(
                "'" + text + "' is neither safetensors nor npy");
      };
    }
  }

  private void run(Console console) {
    backbone.requireKnown();
    FeatureFile file = new FeatureFile(out, format == null ? formatOf(out) : format);
    file.requireWritable(0);
    data.unpack(console);
    LabeledImages images = images();
    boolean labeled = !images.classes().isEmpty();
    if (!labeled) {
      console.note(
          "%s without labels, %s passed over"
              .formatted(
                  ReportFormat.count(images.images().size(), "image"),
                  ReportFormat.count(images.passedOver(), "file")));
    }
    ListingReport listing = ListingReport.of(images);
    listing.print(console);
    try (TransferLearner learner = backbone.learner(console, elements.type);
        Extraction rows =
            learner.extract(images, boundary, elements.type, file, badImages.onBadImage, console)) {
      if (common.json) {
        JsonObject json = new JsonObject();
        json.addProperty("images", rows.store().rows());
        json.addProperty("skipped", rows.skipped().size());
        json.add("skipped_files", ReportFormat.skippedFiles(rows.skipped()));
        json.add("not_read", listing.notRead());
        json.addProperty("feature_rows_computed", rows.rowsComputed());
        json.addProperty("feature_rows_reused", rows.rowsReused());
        json.add("row_shape", new Gson().toJsonTree(rows.store().rowShape().getShape()));
        json.add(
            "extract_images_per_second",
            ReportFormat.orNull(ReportFormat.imagesPerSecond(rows.rowsComputed(), rows.seconds())));
        json.addProperty("device", Devices.nameOf(learner.devices()));
        json.addProperty("precision", rows.precision().word());
        json.addProperty("decode", rows.decode().word());
        json.addProperty("labels", labeled);
        json.addProperty("out", out.toString());
        List<String> files = file.files(labeled).stream().map(Path::toString).toList();
        json.add("files", new Gson().toJsonTree(files));
        common.print(json);
      } else {
        common.printLine(
            "%s: %d rows of %s, %d skipped, %s%s",
            file.files(labeled).stream().map(Path::toString).collect(Collectors.joining(", ")),
            rows.store().rows(),
            rows.store().rowShape(),
            rows.skipped().size(),
            rows.rowsComputed() == 0
                ? "all of them found in the cache"
                : String.format(
                    Locale.ROOT,
                    "%.1f images/s on %s",
                    rows.rowsComputed() / rows.seconds(),
                    Devices.nameOf(learner.devices())),
            ReportFormat.decoded(rows.decode().word()));
      }
    }
  }

  private LabeledImages images() {
    ListingOptions listing = data.listing(part.format(tables.format(data.path)));
    if (ImageArguments.isList(data.path.toString())) {
      part.requireNone();
      return ImageArguments.listed(List.of(data.path.toString()));
    }
    if (noLabels || !LabeledImages.hasLabels(data.path, listing)) {
      part.requireNone();
      return LabeledImages.openUnlabeled(data.path, listing);
    }
    return part.of(splitFolders.openWhole(data.path, listing));
  }

  private static FeatureFile.Format formatOf(Path file) {
    if (file.toString().endsWith(".npz")) {
      throw new InvalidOptionException(
          "NumPy's .npz is not written: "
              + file
              + ". Expected a name that ends in .npy or .safetensors. Name another file, or the"
              + " format with --format.");
    }
    return file.toString().endsWith(".npy")
        ? FeatureFile.Format.NPY
        : FeatureFile.Format.SAFETENSORS;
  }
}

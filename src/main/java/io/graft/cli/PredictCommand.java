package io.graft.cli;

import ai.djl.modality.Classifications;
import ai.djl.modality.Classifications.Classification;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.cli.options.BadImageOption;
import io.graft.cli.options.CommonOptions;
import io.graft.cli.options.ModelOptions;
import io.graft.cli.options.TopOption;
import io.graft.cli.report.Console;
import io.graft.data.BadImage;
import io.graft.eval.Decision;
import io.graft.image.BadImageException;
import io.graft.image.ImageDecoder;
import io.graft.image.RgbImage;
import io.graft.model.TransferModel;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.StoppedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Classifies images with a saved model. */
@Command(
    name = "predict",
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} --model MODEL IMAGE... [OPTION...]",
    footer = {
      "",
      "Example:",
      "  ${ROOT-COMMAND-NAME} predict --model flowers-model rose.jpg tulip.jpg"
    },
    description =
        "Classify images: name the most probable classes of each, or with a multi-label model those"
            + " that reach their threshold.")
final class PredictCommand implements Callable<Integer> {

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Image files.")
  private List<Path> images;

  @Mixin private TopOption top;
  @Mixin private ModelOptions model;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    return common.run(this::run);
  }

  private void run(Console console) {
    int count = top.resolve();
    List<BadImage> skipped = new ArrayList<>();
    JsonArray predictions = new JsonArray();
    try (TransferModel loaded = model.load(console)) {
      if (top.given() && loaded.card().multiLabel()) {
        throw new InvalidOptionException(
            "--top is for models with one label per image, but this is a multi-label model, which"
                + " names every class that reaches its threshold. Remove --top.");
      }
      for (Path path : images) {
        StoppedException.throwIfRequested(console, "images were classified");
        try {
          RgbImage image = ImageDecoder.read(path, badImages.onBadImage.maxPixels());
          predictions.add(show(path, loaded, loaded.classify(image), count));
        } catch (BadImageException e) {
          BadImage bad = new BadImage(path, e.getMessage());
          if (badImages.onBadImage.fails()) {
            throw cannotUse(bad);
          }
          skipped.add(bad);
          console.skipped(bad.path(), bad.reason());
        }
      }
    }
    if (predictions.isEmpty()) {
      throw cannotUse(skipped.get(0));
    }
    if (common.json) {
      JsonObject json = new JsonObject();
      json.add("predictions", predictions);
      json.addProperty("images", predictions.size());
      json.addProperty("skipped", skipped.size());
      json.addProperty("model", model.model.toString());
      common.print(json);
    }
  }

  private JsonObject show(Path path, TransferModel loaded, Classifications all, int count) {
    boolean multiLabel = loaded.card().multiLabel();
    List<Classification> best = multiLabel ? loaded.named(all) : all.topK(count);
    if (!common.json) {
      String text =
          best.stream()
              .map(c -> String.format(Locale.ROOT, "%s %.3f", c.getClassName(), c.getProbability()))
              .collect(Collectors.joining("  "));
      common.println(path + "  " + (best.isEmpty() ? "none" : text));
    }
    JsonObject prediction = new JsonObject();
    prediction.addProperty("path", path.toString());
    if (multiLabel) {
      prediction.add("classes", decisions(loaded, all, best));
    } else {
      JsonArray classes = new JsonArray();
      best.forEach(one -> classes.add(json(one)));
      prediction.add("top", classes);
    }
    return prediction;
  }

  /** Lists all classes by falling probability, and whether each reaches its threshold. */
  private static JsonArray decisions(
      TransferModel loaded, Classifications all, List<Classification> named) {
    List<Double> thresholds = ((Decision.AtThresholds) loaded.card().decision()).thresholds();
    JsonArray classes = new JsonArray();
    for (Classification one : all.topK(thresholds.size())) {
      JsonObject json = json(one);
      json.addProperty("threshold", thresholds.get(loaded.classes().indexOf(one.getClassName())));
      json.addProperty(
          "named", named.stream().anyMatch(n -> n.getClassName().equals(one.getClassName())));
      classes.add(json);
    }
    return classes;
  }

  private static JsonObject json(Classification one) {
    JsonObject json = new JsonObject();
    json.addProperty("label", one.getClassName());
    json.addProperty("probability", one.getProbability());
    return json;
  }

  private static BadDataException cannotUse(BadImage bad) {
    return new BadDataException(
        "Cannot use the image %s: %s. Expected a whole JPEG, PNG, GIF, BMP, TIFF, WebP or PPM file."
            .formatted(bad.path(), bad.reason()));
  }
}

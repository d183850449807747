package io.graft.cli;

import ai.djl.modality.Classifications;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.data.BadImage;
import io.graft.data.OnBadImage;
import io.graft.image.BadImageException;
import io.graft.image.ImageDecoder;
import io.graft.image.RgbImage;
import io.graft.model.TransferModel;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Classifies images with a saved model. */
@Command(
    name = "predict",
    sortOptions = false,
    description = "Classify images: the most probable classes of each.")
final class PredictCommand implements Callable<Integer> {

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Image files.")
  private List<Path> images;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "5",
      description = "How many classes to name; 5 if absent.")
  private int top;

  @Mixin private ModelOptions model;
  @Mixin private BadImageOption badImages;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    if (top < 1) {
      throw new InvalidOptionException(
          "Top is " + top + ": expected a whole number of at least 1, such as 5.");
    }
    Console console = common.console();
    List<BadImage> skipped = new ArrayList<>();
    JsonArray predictions = new JsonArray();
    try (TransferModel loaded = model.load(console)) {
      for (Path path : images) {
        try {
          RgbImage image = ImageDecoder.read(path);
          predictions.add(show(path, loaded.classify(image)));
        } catch (BadImageException e) {
          BadImage bad = new BadImage(path, e.getMessage());
          if (badImages.onBadImage == OnBadImage.FAIL) {
            throw cannotUse(bad);
          }
          skipped.add(bad);
          console.skipped(bad);
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
    return 0;
  }

  private JsonObject show(Path path, Classifications answer) {
    List<Classifications.Classification> best = answer.topK(top);
    if (!common.json) {
      common.println(
          path
              + "  "
              + best.stream()
                  .map(
                      c ->
                          String.format(
                              Locale.ROOT, "%s %.3f", c.getClassName(), c.getProbability()))
                  .collect(Collectors.joining("  ")));
    }
    JsonArray classes = new JsonArray();
    for (Classifications.Classification one : best) {
      JsonObject json = new JsonObject();
      json.addProperty("label", one.getClassName());
      json.addProperty("probability", one.getProbability());
      classes.add(json);
    }
    JsonObject prediction = new JsonObject();
    prediction.addProperty("path", path.toString());
    prediction.add("top", classes);
    return prediction;
  }

  private static BadDataException cannotUse(BadImage bad) {
    return new BadDataException(
        "Cannot use the image "
            + bad.path()
            + ": "
            + bad.reason()
            + ". Expected a whole JPEG, PNG, GIF, BMP, TIFF or WebP file.");
  }
}

package io.graft.cli.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.graft.TransferLearner;
import io.graft.data.DataParts;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.features.Extraction;
import io.graft.model.TransferModel;
import io.graft.runtime.GraftException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The report of a trained model on the test images, with the numbers of {@code evaluate}.
 *
 * @param data the folder or table of the images
 * @param skipped how many images could not be decoded
 * @param trainedOn how many of the images were trained on; empty if that is unknown
 */
public record TestReport(
    MeasuredReport measured, Path data, int skipped, Optional<Integer> trainedOn) {

  private static final int MOST_TOP = 5;

  /**
   * Evaluates a saved model on the test images, if there are any.
   *
   * @param learner the learner that trained the model
   * @param saved where the model was saved, for a note if the evaluation fails
   */
  public static Optional<TestReport> of(
      DataParts parts,
      TransferModel model,
      Path saved,
      TransferLearner learner,
      OnBadImage onBadImage,
      Console console) {
    try {
      return parts.test().map(images -> of(images, model, learner, onBadImage, console));
    } catch (GraftException e) {
      console.note(saved + " is saved; only its evaluation on the test images failed.");
      throw e;
    }
  }

  private static TestReport of(
      LabeledImages images,
      TransferModel model,
      TransferLearner learner,
      OnBadImage onBadImage,
      Console console) {
    try (Extraction rows = model.extract(images, learner.cache(), onBadImage, console)) {
      return new TestReport(
          MeasuredReport.of(model, rows, model.logits(rows), MeasuredReport.SEED, MOST_TOP),
          images.source(),
          rows.skipped().size(),
          model.trainedOn(rows));
    }
  }

  /** Returns the report for programs; JSON null if there were no test images. */
  public static JsonElement json(Optional<TestReport> report) {
    if (report.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    JsonObject json = report.get().measured.json();
    json.addProperty("trained_on", report.get().trainedOn.orElse(null));
    json.addProperty("skipped", report.get().skipped);
    json.addProperty("data", report.get().data.toString());
    return json;
  }

  /** Returns a line for people. */
  public String text() {
    return "Test images in " + data + ": " + measured.summary(skipped);
  }
}

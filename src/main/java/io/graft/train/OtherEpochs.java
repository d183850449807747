package io.graft.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import java.util.Map;
import java.util.Optional;

/**
 * Lets a training resume with another number of epochs in its last stage. That is possible if the
 * number does not change the epochs that have begun.
 */
final class OtherEpochs {

  private static final String EPOCHS = "epochs";

  private OtherEpochs() {}

  /**
   * Returns a checkpoint's fingerprint with the number of epochs that the options ask for. Returns
   * it unchanged if the stages differ in other ways, which the comparison then reports.
   *
   * @param then the checkpoint's fingerprint
   * @param reached how far that training had come
   * @param where the checkpoint is, for the message
   * @throws InvalidOptionException if the epochs that have begun would differ
   */
  static Fingerprint in(Fingerprint then, TrainingState reached, FitOptions now, String where) {
    JsonArray stages =
        JsonParser.parseString(then.options().get(OptionsJson.STAGES)).getAsJsonArray();
    int last = stages.size() - 1;
    JsonObject lastStage = stages.get(last).getAsJsonObject();
    int before = lastStage.get(EPOCHS).getAsInt();
    int asked = now.stages().get(now.stages().size() - 1).epochs();
    lastStage.addProperty(EPOCHS, asked);
    if (asked == before || !stages.equals(OptionsJson.stages(now))) {
      return then;
    }
    reason(now, before, reached.epochsBegun(last), asked)
        .ifPresent(
            why -> {
              throw new InvalidOptionException(
                  ("The checkpoint in %s belongs to another training: epochs%s was %s and is %s, and"
                          + " %s. Expected as many as before. Ask for them, or start over without"
                          + " resuming.")
                      .formatted(where, last == 0 ? "" : " of the last stage", before, asked, why),
                  "epochs",
                  "resume");
            });
    return then.with(
        new Fingerprint(
            Map.of(OptionsJson.STAGES, stages.toString()), Map.of(), Map.of(), Map.of()));
  }

  /** Returns why the epochs that have begun would differ; empty if they would not. */
  private static Optional<String> reason(FitOptions now, int before, int begun, int asked) {
    Schedule schedule = now.optimization().schedule();
    if (now.searchesRate()) {
      return Optional.of("the learning rate was searched with " + before + " epochs");
    } else if (begun > asked) {
      return Optional.of(begun + " have begun");
    } else if (begun > 0 && schedule.dependsOnEpochs()) {
      return Optional.of(
          "with the schedule "
              + schedule.optionName()
              + " each learning rate depends on the number of epochs");
    }
    return Optional.empty();
  }
}

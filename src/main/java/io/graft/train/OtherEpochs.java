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
 * Resumes a training with another number of epochs in its last stage. That is possible if the
 * epochs that have begun are the same with either number.
 */
final class OtherEpochs {

  private static final String EPOCHS = "epochs";

  private OtherEpochs() {}

  /**
   * Returns what a checkpoint says of its training, with the number of epochs that is asked for
   * now. Changes nothing if the stages differ in more than that, which the comparison will say.
   *
   * @param then what the checkpoint says
   * @param reached where that training was
   * @param where the checkpoint is, for the message
   * @throws InvalidOptionException if the epochs that have begun would not be the same
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
                  "The checkpoint in "
                      + where
                      + " is of another training: epochs"
                      + (last == 0 ? "" : " of the last stage")
                      + " was "
                      + before
                      + " and is "
                      + asked
                      + ", and "
                      + why
                      + ". Expected as many as before. Ask for them, or start anew without"
                      + " resuming.",
                  "epochs",
                  "resume");
            });
    return then.with(
        new Fingerprint(
            Map.of(OptionsJson.STAGES, stages.toString()), Map.of(), Map.of(), Map.of()));
  }

  /** Says why the epochs that have begun would not be the same; empty if they would. */
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

package io.graft.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The place of a training between two steps. Everything random is a function of the seed and of
 * this place, so no generator has a state to store.
 *
 * @param stage counted from 0
 * @param epoch of the stage, counted from 1; after the last epoch, one more than their number
 * @param batches how many batches of the epoch are done
 * @param totals of those batches
 * @param steps how many steps the stage's optimizer has made
 * @param bestEpoch of the stage, 0 for none yet; used only with early stopping
 * @param bestLoss its validation loss
 * @param history the finished epochs of all stages
 */
record TrainingState(
    int stage,
    int epoch,
    int batches,
    Totals totals,
    long steps,
    int bestEpoch,
    double bestLoss,
    List<EpochMetrics> history) {

  /**
   * Sums over the finished batches of an epoch.
   *
   * @param loss of every row times its weight
   * @param weight of the rows
   * @param correct how many rows have their largest logit at their label
   * @param learningRate of the last step
   */
  record Totals(double loss, double weight, long correct, double learningRate) {

    /** The totals before the first batch. */
    static final Totals NONE = new Totals(0, 0, 0, 0);

    /** Returns the totals with one more batch. */
    Totals plus(TrainingStep.Outcome batch, double rate) {
      return new Totals(
          loss + batch.loss() * batch.weight(),
          weight + batch.weight(),
          correct + batch.correct(),
          rate);
    }
  }

  /** Doubles survive bit for bit, because Java writes enough digits to distinguish them. */
  private static final Gson GSON =
      new GsonBuilder()
          .serializeSpecialFloatingPointValues()
          // A member that is left out would be read as null instead of empty.
          .serializeNulls()
          .registerTypeAdapter(OptionalDouble.class, new OptionalNumber())
          .create();

  /** A number, or null for none. */
  private static final class OptionalNumber extends TypeAdapter<OptionalDouble> {
    @Override
    public void write(JsonWriter out, OptionalDouble value) throws IOException {
      if (value.isPresent()) {
        out.value(value.getAsDouble());
      } else {
        out.nullValue();
      }
    }

    @Override
    public OptionalDouble read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return OptionalDouble.empty();
      }
      return OptionalDouble.of(in.nextDouble());
    }
  }

  String json() {
    return GSON.toJson(this);
  }

  static TrainingState of(String json) {
    return GSON.fromJson(json, TrainingState.class);
  }

  /** Returns how many epochs of a stage have begun. */
  int epochsBegun(int ofStage) {
    return ofStage != stage ? 0 : batches == 0 ? epoch - 1 : epoch;
  }

  /** Returns the epochs of the stages before this one. */
  List<EpochMetrics> before() {
    return history.subList(0, history.size() - (epoch - 1));
  }

  /** Returns the epochs of this stage. */
  List<EpochMetrics> ofStage() {
    return history.subList(history.size() - (epoch - 1), history.size());
  }
}

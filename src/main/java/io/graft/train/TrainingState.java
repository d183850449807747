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
 * The position of a training between two steps. All random numbers depend only on the seed and on
 * this position, so there is no state of a random generator to store.
 *
 * @param stage the index of the stage, counted from 0
 * @param epoch the number of the epoch within the stage, counted from 1; after the last epoch, the
 *     number of epochs plus one
 * @param batches how many batches of the epoch are done
 * @param totals the totals of the finished batches
 * @param steps how many steps the stage's optimizer has made
 * @param bestEpoch the best epoch of the stage, or 0 for none yet; used only with early stopping
 * @param bestLoss the validation loss of the best epoch
 * @param history the metrics of the finished epochs of all stages
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
   * @param loss the sum of every row's loss times the row's weight
   * @param weight the sum of the rows' weights
   * @param correct how many rows have their largest logit at their label
   * @param learningRate the learning rate of the last step
   */
  record Totals(double loss, double weight, long correct, double learningRate) {

    /** The totals before the first batch. */
    static final Totals NONE = new Totals(0, 0, 0, 0);

    /** Returns new totals that include one more batch. */
    Totals plus(TrainingStep.Outcome batch, double rate) {
      return new Totals(
          loss + batch.loss() * batch.weight(),
          weight + batch.weight(),
          correct + batch.correct(),
          rate);
    }
  }

  /** Reads and writes the JSON. Doubles are restored exactly, because Java writes enough digits. */
  private static final Gson GSON =
      new GsonBuilder()
          .serializeSpecialFloatingPointValues()
          // Without this, an empty value would be left out and then read as null.
          .serializeNulls()
          .registerTypeAdapter(OptionalDouble.class, new OptionalNumber())
          .create();

  /** Reads and writes an optional number, which is null if it is empty. */
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

  /** Returns the metrics of the epochs in earlier stages. */
  List<EpochMetrics> before() {
    return history.subList(0, history.size() - (epoch - 1));
  }

  /** Returns the metrics of this stage's finished epochs. */
  List<EpochMetrics> ofStage() {
    return history.subList(history.size() - (epoch - 1), history.size());
  }
}

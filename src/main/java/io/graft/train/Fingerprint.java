package io.graft.train;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.recipe.FitOptions;
import io.graft.recipe.OptionsJson;
import io.graft.recipe.Schedule;
import io.graft.runtime.BadDataException;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The data that identify a training, as texts by name. A training resumes only from a checkpoint
 * with the same fingerprint.
 *
 * @param options the options, and the versions of the libraries
 * @param data the training and validation images
 * @param weights the weights of the backbone
 * @param machine the device and threads. They may differ from the checkpoint's, but then results
 *     differ in their last bits.
 */
public record Fingerprint(
    Map<String, String> options,
    Map<String, String> data,
    Map<String, String> weights,
    Map<String, String> machine) {

  /** The empty fingerprint, for a training of which nothing is known yet. */
  static final Fingerprint NONE = new Fingerprint(Map.of(), Map.of(), Map.of(), Map.of());

  private static final Gson GSON = new Gson();
  private static final String EPOCHS = "epochs";

  /** What texts mean that earlier checkpoints lack. */
  private static final Map<String, String> WHEN_ABSENT = Map.of("decode", "exact");

  /** Matches a double as Java writes it. Whole numbers, such as seeds, do not match. */
  private static final Pattern DECIMAL = Pattern.compile("\\d+\\.\\d+(E-?\\d+)?");

  String json() {
    return GSON.toJson(this);
  }

  static Fingerprint of(String json) {
    return GSON.fromJson(json, Fingerprint.class);
  }

  /** Returns a fingerprint with the texts of both. */
  Fingerprint with(Fingerprint more) {
    return new Fingerprint(
        joined(options, more.options),
        joined(data, more.data),
        joined(weights, more.weights),
        joined(machine, more.machine));
  }

  private static Map<String, String> joined(Map<String, String> one, Map<String, String> other) {
    Map<String, String> joined = new TreeMap<>(one);
    joined.putAll(other);
    return joined;
  }

  /**
   * Checks that the options, data and weights of this fingerprint are those of the checkpoint.
   *
   * @param then the checkpoint's fingerprint
   * @param where the file of the checkpoint, for the message
   * @throws WeightsException if the weights differ
   * @throws BadDataException if the data differ
   * @throws InvalidOptionException if the options differ
   */
  void requireSame(Fingerprint then, Path where) {
    // Compare the options first, because another seed changes the data and the weights too.
    requireSame(where, then.options, options, text -> new InvalidOptionException(text, "resume"));
    requireSame(where, then.data, data, text -> new BadDataException(text, "resume"));
    requireSame(where, then.weights, weights, text -> new WeightsException(text, "resume"));
  }

  /**
   * Returns this fingerprint of a checkpoint with the number of epochs that the options have in
   * their last stage. Returns it unchanged if the stages differ in other ways. {@link #requireSame}
   * then reports the difference.
   *
   * @param now the options of the training that resumes
   * @param reached how far the checkpoint's training had got
   * @param where the file of the checkpoint, for the message
   * @throws InvalidOptionException if the epochs that have begun would differ
   */
  Fingerprint withEpochsOf(FitOptions now, TrainingState reached, Path where) {
    JsonArray stages = JsonParser.parseString(options.get(OptionsJson.STAGES)).getAsJsonArray();
    int last = stages.size() - 1;
    JsonObject lastStage = stages.get(last).getAsJsonObject();
    int before = lastStage.get(EPOCHS).getAsInt();
    int asked = now.stages().get(now.stages().size() - 1).epochs();
    lastStage.addProperty(EPOCHS, asked);
    if (asked == before || !stages.equals(OptionsJson.stages(now))) {
      return this;
    }
    reason(now, before, reached.epochsBegun(last), asked)
        .ifPresent(
            why -> {
              throw new InvalidOptionException(
                  ("The checkpoint in %s belongs to another training: epochs%s was %s and is %s,"
                          + " and %s. Ask for them, or start over"
                          + " without resuming.")
                      .formatted(where, last == 0 ? "" : " of the last stage", before, asked, why),
                  EPOCHS,
                  "resume");
            });
    Map<String, String> changed = Map.of(OptionsJson.STAGES, stages.toString());
    return with(new Fingerprint(changed, Map.of(), Map.of(), Map.of()));
  }

  /**
   * Returns why the new number would change epochs that have begun, and the number that would not;
   * empty if the new number is such a one.
   */
  private static Optional<String> reason(FitOptions now, int before, int begun, int asked) {
    Schedule schedule = now.optimization().schedule();
    if (now.searchesRate()) {
      return Optional.of(
          "the learning rate was searched with %s epochs. Expected %s".formatted(before, before));
    } else if (begun > asked) {
      return Optional.of("%s have begun. Expected at least %s".formatted(begun, begun));
    } else if (begun > 0 && schedule.dependsOnEpochs()) {
      return Optional.of(
          "with the schedule "
              + schedule.optionName()
              + " each learning rate depends on the number of epochs. Expected "
              + before);
    }
    return Optional.empty();
  }

  /** Returns how the machine differs; empty if it does not. */
  Optional<String> otherMachine(Fingerprint then) {
    return difference(then.machine, machine);
  }

  private static void requireSame(
      Path where,
      Map<String, String> then,
      Map<String, String> now,
      Function<String, GraftException> failure) {
    difference(then, now)
        .ifPresent(
            text -> {
              throw failure.apply(
                  ("The checkpoint in %s belongs to another training: %s. Expected the same data,"
                          + " weights and options. Continue with those, or start over without"
                          + " resuming.")
                      .formatted(where, text));
            });
  }

  private static Optional<String> difference(Map<String, String> then, Map<String, String> now) {
    List<String> differences = new ArrayList<>();
    for (String name : new TreeSet<>(now.keySet())) {
      String before = then.getOrDefault(name, WHEN_ABSENT.getOrDefault(name, "not there"));
      if (!byValue(before).equals(byValue(now.get(name)))) {
        differences.addAll(
            name.equals(OptionsJson.STAGES) && then.containsKey(name)
                ? ofStages(before, now.get(name))
                : List.of(changed(name, before, now.get(name))));
      }
    }
    return differences.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", differences));
  }

  /** Returns how stages differ: by their members, if there are as many stages as before. */
  private static List<String> ofStages(String then, String now) {
    JsonArray before = JsonParser.parseString(then).getAsJsonArray();
    JsonArray after = JsonParser.parseString(now).getAsJsonArray();
    if (before.size() != after.size()) {
      return List.of(changed(OptionsJson.STAGES, then, now));
    }
    List<String> differences = new ArrayList<>();
    for (int stage = 0; stage < after.size(); stage++) {
      JsonObject old = before.get(stage).getAsJsonObject();
      String where = after.size() == 1 ? "" : " of stage " + (stage + 1);
      after
          .get(stage)
          .getAsJsonObject()
          .asMap()
          .forEach(
              (name, value) -> {
                if (!value.equals(old.get(name))) {
                  String words = name.replace('_', ' ');
                  differences.add(changed(words + where, old.get(name), value));
                }
              });
    }
    return differences;
  }

  private static String changed(String name, Object before, Object now) {
    return name + " was " + before + " and is " + now;
  }

  /** Writes doubles in hexadecimal, because some decimal digits differ between Java versions. */
  private static String byValue(String text) {
    return DECIMAL
        .matcher(text)
        .replaceAll(number -> Double.toHexString(Double.parseDouble(number.group())));
  }
}

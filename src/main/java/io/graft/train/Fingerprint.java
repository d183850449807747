package io.graft.train;

import com.google.gson.Gson;
import io.graft.runtime.BadDataException;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.WeightsException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What makes a training this one, as texts by name: a checkpoint of another is not gone on from.
 *
 * @param options what was chosen, and the versions of what computes
 * @param data what is trained and validated on
 * @param weights of the backbone
 * @param machine what may differ, for other last bits
 */
public record Fingerprint(
    Map<String, String> options,
    Map<String, String> data,
    Map<String, String> weights,
    Map<String, String> machine) {

  private static final Gson GSON = new Gson();

  String json() {
    return GSON.toJson(this);
  }

  static Fingerprint of(String json) {
    return GSON.fromJson(json, Fingerprint.class);
  }

  /**
   * Checks that a checkpoint is of this training.
   *
   * @param then the checkpoint's
   * @param where it is, for the message
   * @throws WeightsException if the weights differ
   * @throws BadDataException if the data differ
   * @throws InvalidOptionException if the options differ
   */
  void requireSame(Fingerprint then, String where) {
    // Options first: a seed settles the split and may settle the weights.
    requireSame(where, then.options, options, text -> new InvalidOptionException(text));
    requireSame(where, then.data, data, text -> new BadDataException(text));
    requireSame(where, then.weights, weights, text -> new WeightsException(text));
  }

  /** What may differ and does. */
  Optional<String> otherMachine(Fingerprint then) {
    return difference(then.machine, machine);
  }

  private static void requireSame(
      String where,
      Map<String, String> then,
      Map<String, String> now,
      Function<String, GraftException> failure) {
    difference(then, now)
        .ifPresent(
            text -> {
              throw failure.apply(
                  "The checkpoint in "
                      + where
                      + " is of another training: "
                      + text
                      + ". Expected the same data, weights and options; run with what they were to"
                      + " go on, or without --resume to start anew.");
            });
  }

  private static Optional<String> difference(Map<String, String> then, Map<String, String> now) {
    Set<String> names = new LinkedHashSet<>(now.keySet());
    names.addAll(then.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(then.get(name), now.get(name)))
        .map(
            name ->
                name
                    + " was "
                    + then.getOrDefault(name, "not there")
                    + " and is "
                    + now.getOrDefault(name, "not there"))
        .reduce((one, other) -> one + "; " + other);
  }
}

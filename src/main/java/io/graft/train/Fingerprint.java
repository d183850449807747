package io.graft.train;

import com.google.gson.Gson;
import io.graft.runtime.BadDataException;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What identifies a training, as texts by name. A training resumes only from a checkpoint with the
 * same fingerprint.
 *
 * @param options the options, and the versions of the libraries
 * @param data the training and validation images
 * @param weights of the backbone
 * @param machine may differ; results then differ in their last bits
 */
public record Fingerprint(
    Map<String, String> options,
    Map<String, String> data,
    Map<String, String> weights,
    Map<String, String> machine) {

  /** The fingerprint of a training of which nothing is known yet. */
  static final Fingerprint NONE = new Fingerprint(Map.of(), Map.of(), Map.of(), Map.of());

  private static final Gson GSON = new Gson();

  /** A double as Java writes it; whole numbers, such as seeds, do not match. */
  private static final Pattern DECIMAL = Pattern.compile("\\d+\\.\\d+(E-?\\d+)?");

  String json() {
    return GSON.toJson(this);
  }

  static Fingerprint of(String json) {
    return GSON.fromJson(json, Fingerprint.class);
  }

  /** Returns the parts of both. */
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
   * Checks that a checkpoint belongs to this training, as far as this fingerprint is known.
   *
   * @param then the checkpoint's fingerprint
   * @param where the checkpoint is, for the message
   * @throws WeightsException if the weights differ
   * @throws BadDataException if the data differ
   * @throws InvalidOptionException if the options differ
   */
  void requireSame(Fingerprint then, String where) {
    // Options first: another seed explains another split and other random weights.
    requireSame(where, then.options, options, text -> new InvalidOptionException(text, "resume"));
    requireSame(where, then.data, data, text -> new BadDataException(text, "resume"));
    requireSame(where, then.weights, weights, text -> new WeightsException(text, "resume"));
  }

  /** Returns how the machine differs; empty if it does not. */
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
                      + " belongs to another training: "
                      + text
                      + ". Expected the same data, weights and options. Continue with those, or"
                      + " start over without resuming.");
            });
  }

  private static Optional<String> difference(Map<String, String> then, Map<String, String> now) {
    List<String> differences = new ArrayList<>();
    for (String name : new TreeSet<>(now.keySet())) {
      String before = then.getOrDefault(name, "not there");
      if (!byValue(before).equals(byValue(now.get(name)))) {
        differences.add(name + " was " + before + " and is " + now.get(name));
      }
    }
    return differences.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", differences));
  }

  /** Writes doubles by their bits, because Java 19 changed the decimal digits of some. */
  private static String byValue(String text) {
    return DECIMAL
        .matcher(text)
        .replaceAll(number -> Double.toHexString(Double.parseDouble(number.group())));
  }
}

package io.graft.data.listing;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What images are for, by the names that people give to a folder or a row of them. */
public enum Part {
  /** Images to train on. */
  TRAIN("train", "training"),
  /** Images to measure each epoch on. */
  VALIDATION("validation", "val", "valid", "dev"),
  /** Images to measure the result on. */
  TEST("test", "testing");

  @SuppressWarnings("ImmutableEnumChecker") // List.of returns an immutable list.
  private final List<String> names;

  Part(String... names) {
    this.names = List.of(names);
  }

  /** Returns the part of a name, in any case of letters. */
  public static Optional<Part> of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Stream.of(values()).filter(part -> part.names.contains(lower)).findFirst();
  }

  /** Returns all names for a message. */
  public static String list() {
    return Stream.of(values())
        .flatMap(part -> part.names.stream())
        .collect(Collectors.joining(", "));
  }

  /** Returns the usual name. */
  public String word() {
    return names.get(0);
  }
}

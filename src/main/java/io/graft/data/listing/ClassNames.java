package io.graft.data.listing;

import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Sorts, numbers and prints the names of classes. */
public final class ClassNames {

  private static final int MOST_LISTED = 20;

  private ClassNames() {}

  /**
   * Returns the name of a class in Unicode's Normalization Form C. macOS and some archives write
   * the same letters in another form (NFD), which looks the same.
   */
  public static String normalized(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC);
  }

  /**
   * Returns the position of each name in a list of known classes, or null. A name that is not in
   * the list itself matches a class that is equal in Normalization Form C.
   */
  public static List<Integer> positions(List<String> names, List<String> known) {
    Map<String, Integer> labels = labels(known);
    Map<String, Integer> normalized = new HashMap<>();
    known.forEach(name -> normalized.putIfAbsent(normalized(name), labels.get(name)));
    List<Integer> positions = new ArrayList<>();
    for (String name : names) {
      positions.add(labels.getOrDefault(name, normalized.get(normalized(name))));
    }
    return positions;
  }

  /** Returns the distinct names in code-point order. */
  public static List<String> sorted(Collection<String> names) {
    TreeSet<String> sorted = new TreeSet<>(ClassNames::compareCodePoints);
    sorted.addAll(names);
    return List.copyOf(sorted);
  }

  /** Returns the label of every name, which is its position. */
  public static Map<String, Integer> labels(List<String> classes) {
    Map<String, Integer> labels = new HashMap<>();
    for (int label = 0; label < classes.size(); label++) {
      if (labels.put(classes.get(label), label) != null) {
        throw new InvalidOptionException(
            "The class '%s' is named twice in: %s. Expected distinct classes."
                .formatted(classes.get(label), list(classes)));
      }
    }
    return labels;
  }

  /**
   * Compares by code points, like UTF-8 bytes and most languages do. {@link String#compareTo}
   * differs: it puts characters beyond U+FFFF before those from U+E000 to U+FFFF.
   */
  public static int compareCodePoints(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      if (a.charAt(i) != b.charAt(i)) {
        return Integer.compare(a.codePointAt(i), b.codePointAt(i));
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** Returns the names for an error message, at most twenty. */
  public static String list(Collection<String> names) {
    int more = names.size() - MOST_LISTED;
    String first = names.stream().limit(MOST_LISTED).collect(Collectors.joining(", "));
    return more > 0 ? first + " and " + more + " more" : first;
  }

  /**
   * Checks that there is more than one class.
   *
   * @param oneMore how to add a class, for the message
   */
  public static void requireTwo(Path source, List<String> classes, String oneMore) {
    if (classes.size() == 1) {
      throw new BadDataException(
          ("Only one class in %s: %s. Expected at least two classes, because a classifier"
                  + " chooses between them. %s")
              .formatted(source, classes.get(0), oneMore));
    }
  }
}

package io.graft.runtime;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Suggests the most similar known word for an unknown word, for messages. */
public final class Suggestions {

  private Suggestions() {}

  /**
   * Returns the end of a sentence about an unknown word, such as {@code "; did you mean 'vgg16'?"}.
   * Returns {@code "."} if no known word is similar.
   */
  public static String didYouMean(String word, Collection<String> known) {
    int near = Math.max(1, word.length() / 3);
    return known.stream()
        .min(Comparator.comparingInt(candidate -> editDistance(word, candidate)))
        .filter(candidate -> editDistance(word, candidate) <= near)
        .map(candidate -> "; did you mean '" + candidate + "'?")
        .orElse(".");
  }

  /**
   * Returns the known value that has a given name.
   *
   * @param kind the kind of value for the message, such as {@code head}
   * @param name returns the name of a value
   * @throws InvalidOptionException if no known value has this name
   */
  public static <T> T choose(String kind, String word, List<T> known, Function<T, String> name) {
    return known.stream()
        .filter(one -> name.apply(one).equals(word))
        .findFirst()
        .orElseThrow(
            () -> {
              List<String> words = known.stream().map(name).toList();
              return new InvalidOptionException(
                  "No %s '%s'%s Expected one of %s."
                      .formatted(kind, word, didYouMean(word, words), String.join(", ", words)));
            });
  }

  /**
   * Returns how many insertions, deletions, replacements or swaps of neighbouring characters turn
   * one word into the other. Ignores case. It is the optimal string alignment distance (Damerau,
   * 1964).
   */
  private static int editDistance(String first, String second) {
    String a = first.toLowerCase(Locale.ROOT);
    String b = second.toLowerCase(Locale.ROOT);
    int[][] distance = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          distance[i][j] = i + j;
          continue;
        }
        int substitution = distance[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int gap = Math.min(distance[i - 1][j], distance[i][j - 1]) + 1;
        distance[i][j] = Math.min(substitution, gap);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          distance[i][j] = Math.min(distance[i][j], distance[i - 2][j - 2] + 1);
        }
      }
    }
    return distance[a.length()][b.length()];
  }
}

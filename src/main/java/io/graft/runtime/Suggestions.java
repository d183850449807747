package io.graft.runtime;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Names the nearest known word to one that is not known, for messages. */
public final class Suggestions {

  private Suggestions() {}

  /**
   * The rest of a sentence about an unknown word: {@code "; did you mean 'vgg16'?"}, or {@code "."}
   * where no known word is near.
   */
  public static String didYouMean(String word, Collection<String> known) {
    int near = Math.max(1, word.length() / 3);
    return known.stream()
        .min(Comparator.comparingInt(candidate -> editDistance(word, candidate)))
        .filter(candidate -> editDistance(word, candidate) <= near)
        .map(candidate -> "; did you mean '" + candidate + "'?")
        .orElse(".");
  }

  /** Levenshtein's distance, upper and lower case taken as equal (Wagner and Fischer, 1974). */
  private static int editDistance(String first, String second) {
    String a = first.toLowerCase(Locale.ROOT);
    String b = second.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(substitution, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}

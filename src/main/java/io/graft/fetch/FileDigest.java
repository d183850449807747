package io.graft.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The digest that a published file must have, as far as it is known: a whole SHA-256 (FIPS 180-4),
 * its first digits, or an MD5 (RFC 1321).
 *
 * @param algorithm which digest, and how much of it
 * @param hex its hexadecimal digits, in lower case
 */
public record FileDigest(Algorithm algorithm, String hex) {

  /** Kinds of digest that are known of published weights. */
  public enum Algorithm {
    /** All 64 digits of a SHA-256. */
    SHA256("SHA-256", 64),
    /** At least the first eight digits of a SHA-256, as torchvision has them in its file names. */
    SHA256_PREFIX("SHA-256", 64),
    /** All 32 digits of an MD5, as Keras has them. It tells damage, not forgery. */
    MD5("MD5", 32);

    private final String standardName;
    private final int digits;

    Algorithm(String standardName, int digits) {
      this.standardName = standardName;
      this.digits = digits;
    }
  }

  private static final Pattern HEX = Pattern.compile("[0-9a-f]+");
  private static final int SHORTEST_PREFIX_DIGITS = 8;
  private static final int BUFFER_BYTES = 1 << 20;

  /** Checks that there are as many digits as the algorithm has. */
  public FileDigest {
    hex = hex.toLowerCase(Locale.ROOT);
    int least = algorithm == Algorithm.SHA256_PREFIX ? SHORTEST_PREFIX_DIGITS : algorithm.digits;
    if (!HEX.matcher(hex).matches() || hex.length() < least || hex.length() > algorithm.digits) {
      throw new IllegalArgumentException(
          algorithm
              + " digest '"
              + hex
              + "': expected "
              + least
              + " to "
              + algorithm.digits
              + " hexadecimal digits.");
    }
  }

  /** A whole SHA-256. */
  public static FileDigest sha256(String hex) {
    return new FileDigest(Algorithm.SHA256, hex);
  }

  /** The first digits of a SHA-256. */
  public static FileDigest sha256Prefix(String hex) {
    return new FileDigest(Algorithm.SHA256_PREFIX, hex);
  }

  /** A whole MD5. */
  public static FileDigest md5(String hex) {
    return new FileDigest(Algorithm.MD5, hex);
  }

  /** Whether a file whose digest has these digits, all of them, is the published one. */
  boolean matches(String wholeHex) {
    return wholeHex.length() == algorithm.digits && wholeHex.startsWith(hex);
  }

  /** A digest of this kind of nothing yet. */
  MessageDigest start() {
    try {
      return MessageDigest.getInstance(algorithm.standardName);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has " + algorithm.standardName, e);
    }
  }

  /** The digest of this kind of a whole file, all its digits. */
  String hexOf(Path file) throws IOException {
    MessageDigest digest = start();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Other digits, named as this digest is: {@code SHA-256 397923af...}. */
  String named(String digits) {
    return algorithm.standardName + " " + digits;
  }

  /** This digest in words, {@code SHA-256 397923af...} or {@code MD5 64373286...}. */
  @Override
  public String toString() {
    return named(hex) + (hex.length() < algorithm.digits ? "..." : "");
  }
}

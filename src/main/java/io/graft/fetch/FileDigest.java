package io.graft.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The digest that a published file must have: a whole SHA-256 (FIPS 180-4), the first digits of a
 * SHA-256, or an MD5 (RFC 1321).
 *
 * @param algorithm the kind of digest, and how much of the digest is given
 * @param hex the hexadecimal digits of the digest, in lower case
 */
public record FileDigest(Algorithm algorithm, String hex) {

  /** The kinds of digest that publishers of weights give. */
  public enum Algorithm {
    /** All 64 digits of a SHA-256. */
    SHA256("SHA256", "SHA-256", 64),
    /** The first digits of a SHA-256, at least eight, as in torchvision's file names. */
    SHA256_PREFIX("SHA256_PREFIX", "SHA-256", 64),
    /** All 32 digits of an MD5, as Keras publishes it. It detects damage, but not forgery. */
    MD5("MD5", "MD5", 32);

    private final String stampName;
    private final String standardName;
    private final int digits;

    Algorithm(String stampName, String standardName, int digits) {
      this.stampName = stampName;
      this.standardName = standardName;
      this.digits = digits;
    }

    /** Returns the name of this kind in the stamps of the cache. */
    String stampName() {
      return stampName;
    }
  }

  private static final Pattern HEX = Pattern.compile("[0-9a-f]+");
  private static final int SHORTEST_PREFIX_DIGITS = 8;

  /** Checks the number of digits. */
  public FileDigest {
    hex = hex.toLowerCase(Locale.ROOT);
    int least = algorithm == Algorithm.SHA256_PREFIX ? SHORTEST_PREFIX_DIGITS : algorithm.digits;
    if (!HEX.matcher(hex).matches() || hex.length() < least || hex.length() > algorithm.digits) {
      throw new IllegalArgumentException(
          "%s digest '%s': expected %s to %s hexadecimal digits."
              .formatted(algorithm, hex, least, algorithm.digits));
    }
  }

  /** Returns whether a file with the given whole digest is the published file. */
  boolean matches(String wholeHex) {
    return wholeHex.length() == algorithm.digits && wholeHex.startsWith(hex);
  }

  /** Starts a digest of this kind. */
  MessageDigest start() {
    try {
      return MessageDigest.getInstance(algorithm.standardName);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has " + algorithm.standardName, e);
    }
  }

  /** Computes the whole digest of a file. */
  String hexOf(Path file) throws IOException {
    MessageDigest digest = start();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Returns the given digits after the name of this kind, such as {@code SHA-256 397923af}. */
  String named(String digits) {
    return algorithm.standardName + " " + digits;
  }

  /** Returns kind and digits, such as {@code SHA-256 397923af...} or {@code MD5 64373286...}. */
  @Override
  public String toString() {
    return named(hex) + (hex.length() < algorithm.digits ? "..." : "");
  }
}

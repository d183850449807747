package io.graft.fetch;

import java.net.URI;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A file that is published on the web.
 *
 * @param address the http or https address of the file
 * @param fileName the name of the file in the cache, different for every published file
 * @param sizeBytes the length of the file, if the publisher states it
 * @param digest the digest of the file's content
 */
public record PublishedFile(
    URI address, String fileName, OptionalLong sizeBytes, FileDigest digest) {

  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  /** Checks that the name is plain, the address is a web address and the size is positive. */
  public PublishedFile {
    if (!PLAIN_NAME.matcher(fileName).matches()) {
      throw new IllegalArgumentException(
          "File name '" + fileName + "': expected letters, digits, dots, dashes and underscores.");
    }
    if (!Addresses.isWeb(address)) {
      throw new IllegalArgumentException(
          "Address '" + address + "': expected http:// or https:// and a host.");
    }
    if (sizeBytes.isPresent() && sizeBytes.getAsLong() <= 0) {
      throw new IllegalArgumentException(
          "Size " + sizeBytes.getAsLong() + " of " + fileName + ": expected more than 0 bytes.");
    }
  }

  /** Returns the kind and the digits of the digest, such as {@code SHA-256 397923af...}. */
  public String digestText() {
    return digest.toString();
  }

  /** Returns size and digest, such as {@code 553433881 bytes, SHA-256 397923af...}. */
  String facts() {
    return (sizeBytes.isPresent() ? sizeBytes.getAsLong() + " bytes, " : "") + digest;
  }
}

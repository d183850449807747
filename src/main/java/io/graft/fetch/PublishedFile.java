package io.graft.fetch;

import java.net.URI;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A file as its publisher offers it.
 *
 * @param address where it is published, http or https
 * @param fileName its name in the cache; unlike that of every other published file
 * @param sizeBytes its length, where the publisher gives it
 * @param digest what its content must have
 */
public record PublishedFile(
    URI address, String fileName, OptionalLong sizeBytes, FileDigest digest) {

  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  /** Checks that the name is a plain one and the address one that can be fetched. */
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

  /** Size and digest in words: {@code 553433881 bytes, SHA-256 397923af...}. */
  String facts() {
    return (sizeBytes.isPresent() ? sizeBytes.getAsLong() + " bytes, " : "") + digest;
  }
}

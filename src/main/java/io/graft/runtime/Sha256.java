package io.graft.runtime;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 in the making (FIPS 180-4). */
public final class Sha256 {

  private final MessageDigest digest;

  /** A digest of nothing yet. */
  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** The digest of some bytes, as 64 hexadecimal digits. */
  public static String of(byte[] bytes) {
    return new Sha256().add(ByteBuffer.wrap(bytes)).hex();
  }

  /** Adds the UTF-8 bytes of a text. */
  public Sha256 add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Adds the bytes from the buffer's position to its limit. */
  public Sha256 add(ByteBuffer bytes) {
    digest.update(bytes);
    return this;
  }

  /** The digest of everything added, as 64 hexadecimal digits; starts anew. */
  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  /** The digest of everything added, 32 bytes; starts anew. */
  public byte[] bytes() {
    return digest.digest();
  }
}

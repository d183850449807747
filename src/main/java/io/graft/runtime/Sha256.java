package io.graft.runtime;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Computes a SHA-256 digest (FIPS 180-4). */
public final class Sha256 {

  private final MessageDigest digest;

  /** Creates a digest to which no bytes have been added. */
  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** Returns the digest of bytes as 64 hexadecimal digits. */
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

  /** Returns the digest of all added bytes as 64 hexadecimal digits. Then resets this object. */
  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  /** Returns the digest of all added bytes, as 32 bytes. Then resets this object. */
  public byte[] bytes() {
    return digest.digest();
  }
}

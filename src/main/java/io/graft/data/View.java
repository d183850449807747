package io.graft.data;

import io.graft.image.Augmentation;
import io.graft.runtime.Sha256;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Which view of a picture is meant. Number 0 is the plain picture, as is every view of an
 * augmentation that changes nothing: both are {@link #PLAIN}. A view depends on the bytes of the
 * picture's file, but not on its name or on other pictures.
 *
 * @param augmentation how views are drawn
 * @param seed another one gives other views
 * @param number from 0
 */
public record View(Augmentation augmentation, long seed, int number) {

  /** The picture as the network's input spec makes it, with nothing left to chance. */
  public static final View PLAIN = new View(Augmentation.NONE, 0, 0);

  /** Checks that the number is not negative, and makes plain views equal. */
  public View {
    Objects.requireNonNull(augmentation, "augmentation");
    if (number < 0) {
      throw new IllegalArgumentException("number " + number + " of a view is negative");
    }
    if (number == 0 || augmentation.equals(Augmentation.NONE)) {
      augmentation = Augmentation.NONE;
      seed = 0;
      number = 0;
    }
  }

  /** Whether this is the plain picture. */
  public boolean isPlain() {
    return number == 0;
  }

  /** All fields as one line of text: part of stored keys. */
  public String canonical() {
    return "view-1 " + augmentation.canonical() + " seed=" + seed + " number=" + number;
  }

  /**
   * The number that this view of a file is drawn with.
   *
   * @param content as {@link #digest} gives it
   */
  long random(long content) {
    return SeededOrder.mix(SeededOrder.mix(seed, number), content);
  }

  /** The first 64 bits of the SHA-256 of a file's bytes. */
  static long digest(byte[] encoded) {
    return ByteBuffer.wrap(new Sha256().add(ByteBuffer.wrap(encoded)).bytes()).getLong();
  }
}

package io.graft.data;

import io.graft.data.splits.SeededOrder;
import io.graft.image.Augmentation;
import io.graft.runtime.Sha256;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The plain image, or a random view of it. Number 0 is the plain image. If the augmentation changes
 * nothing, every number is. All plain images equal {@link #PLAIN}. A view depends on the bytes of
 * the image file, but not on its name or on other images.
 *
 * @param augmentation the augmentation that draws the views
 * @param seed the seed of the views; another seed gives other views
 * @param number the number of the view, from 0
 */
public record View(Augmentation augmentation, long seed, int number) {

  /** The image as the network's input spec prepares it, without random changes. */
  public static final View PLAIN = new View(Augmentation.NONE, 0, 0);

  /** Checks that the number is not negative, and gives all plain images the same fields. */
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

  /** Returns whether this is the plain image. */
  public boolean isPlain() {
    return number == 0;
  }

  /** Returns all fields as one line of text, for stored keys. */
  public String canonical() {
    return "view-1 " + augmentation.canonical() + " seed=" + seed + " number=" + number;
  }

  /** Returns the random number that draws this view of the file with the given {@link #digest}. */
  long random(long digest) {
    return SeededOrder.mix(SeededOrder.mix(seed, number), digest);
  }

  /** Returns the first 64 bits of the SHA-256 of a file's bytes. */
  static long digest(ByteBuffer encoded) {
    return ByteBuffer.wrap(new Sha256().add(encoded).bytes()).getLong();
  }
}

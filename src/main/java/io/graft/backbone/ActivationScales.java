package io.graft.backbone;

import io.graft.image.BadImageException;
import io.graft.image.InputSpec;
import io.graft.image.input.InputImages;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes the scales of int8. A scale is the activation that one step of a uint8 represents
 * between two convolutions. The scales depend only on the weights, the preprocessing and eight
 * drawn images that come with Graft. The scales are the same for every user, whatever images they
 * train on.
 */
public final class ActivationScales {

  private static final int IMAGES = 8;

  /** The largest uint8. */
  private static final float LAST_STEP = 255;

  /** The largest uint8 represents this multiple of the largest activation of the drawn images. */
  private static final float ROOM = 1.1f;

  /**
   * Scales are rounded to 6 of a float32's 24 significant bits. Processors differ in the last bits
   * of an activation, but must agree on the scales.
   */
  private static final int DROPPED_BITS = 24 - 6;

  private ActivationScales() {}

  /**
   * Computes the scales of layers: 1.1 times the largest activation of each convolution over the
   * drawn images, divided by 255. In a test, scales were computed from 8 photographs. For 16 other
   * photographs, the smallest cosine between VGG16's int8 and fp32 features was 0.9992. Without the
   * factor 1.1 it was 0.9984. With the 99.99th percentile in place of the largest activation it was
   * 0.9947.
   *
   * @param exact the layers in fp32
   * @param beforeEach the action before each forward pass; an exception from it ends the
   *     computation
   * @return the scales, for {@link Plan#scales}
   * @throws UnsupportedPrecisionException if int8 cannot compute the layers
   */
  public static List<Float> of(FrozenLayers exact, Runnable beforeEach) {
    return of(exact, images(exact.input()), beforeEach);
  }

  /** Computes the scales from the given images. */
  static List<Float> of(FrozenLayers exact, SampleImages images, Runnable beforeEach) {
    List<Float> largest = new ArrayList<>();
    int bytes = exact.input().bytes();
    int most = exact.plan().microBatch();
    for (int from = 0; from < images.rows(); from += most) {
      beforeEach.run();
      int size = Math.min(most, images.rows() - from);
      List<Float> some =
          exact.largestActivations(images.pixels().slice(from * bytes, size * bytes), size);
      for (int i = 0; i < some.size(); i++) {
        if (from == 0) {
          largest.add(some.get(i));
        } else {
          largest.set(i, Math.max(largest.get(i), some.get(i)));
        }
      }
    }
    // The last convolution returns float32.
    return largest.subList(0, largest.size() - 1).stream().map(ActivationScales::scale).toList();
  }

  private static float scale(float largest) {
    if (largest == Float.POSITIVE_INFINITY) {
      throw new UnsupportedPrecisionException(
          "An activation of int8's calibration images is infinite in fp32. Expected finite numbers;"
              + " the weights are damaged or their training diverged.");
    }
    if (!(largest > 0)) {
      return 1;
    }
    int bits = Float.floatToIntBits(ROOM * largest / LAST_STEP);
    int half = 1 << (DROPPED_BITS - 1);
    return Float.intBitsToFloat((bits + half) >> DROPPED_BITS << DROPPED_BITS);
  }

  /** Returns a text, stored with the scales, that identifies their rule and images. */
  static String rule() {
    Sha256 digest = new Sha256();
    for (int number = 0; number < IMAGES; number++) {
      digest.add(ByteBuffer.wrap(file(number)));
    }
    return "int8-scales-1 images=" + digest.hex();
  }

  /** Reads the images that src/pretrain/calibration_images.sh draws. */
  private static SampleImages images(InputSpec input) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(Math.multiplyExact(IMAGES, input.bytes()));
    InputImages inputs = new InputImages(input);
    for (int number = 0; number < IMAGES; number++) {
      try {
        inputs.write(file(number), pixels);
      } catch (BadImageException e) {
        throw new IllegalStateException("Calibration image " + number + " of Graft is damaged", e);
      }
    }
    return new SampleImages(rule(), pixels.flip(), IMAGES);
  }

  private static byte[] file(int number) {
    String name = "calibration/" + number + ".jpg";
    try (InputStream resource = ActivationScales.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IllegalStateException(name + " is missing from Graft's jar");
      }
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

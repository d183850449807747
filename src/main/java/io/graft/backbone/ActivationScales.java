package io.graft.backbone;

import io.graft.image.BadImageException;
import io.graft.image.ImageDecoder;
import io.graft.image.InputSpec;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What one step of a uint8 stands for between two convolutions in int8. The scales of some layers
 * depend on their weights, the preprocessing and drawn images that are part of Graft, and on
 * nothing else: whoever computes them gets the same, whatever images they have.
 */
final class ActivationScales {

  private static final int IMAGES = 8;

  /** The largest uint8. */
  private static final float LAST_STEP = 255;

  /** How far the steps of a uint8 reach, as a multiple of the largest activation seen. */
  private static final float ROOM = 1.1f;

  /**
   * The significant bits of a float32 that scales are rounded to 6 of. Processors differ in the
   * last bits of an activation, and are to agree on the scales.
   */
  private static final int DROPPED_BITS = 24 - 6;

  private ActivationScales() {}

  /**
   * Computes the scales of layers.
   *
   * @param exact the layers in fp32
   * @param beforeEach run before each forward pass; what it throws ends this
   * @throws io.graft.runtime.UnsupportedPrecisionException if they cannot be computed in int8
   */
  static List<Float> of(FrozenLayers exact, Runnable beforeEach) {
    return of(exact, images(exact.input()), beforeEach);
  }

  /** Computes the scales that some images give. */
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
    // The last convolution gives float32.
    return largest.subList(0, largest.size() - 1).stream().map(ActivationScales::scale).toList();
  }

  private static float scale(float largest) {
    if (!(largest > 0)) {
      return 1;
    }
    int bits = Float.floatToIntBits(ROOM * largest / LAST_STEP);
    int half = 1 << (DROPPED_BITS - 1);
    return Float.intBitsToFloat((bits + half) >> DROPPED_BITS << DROPPED_BITS);
  }

  /** Names the rule: scales of another rule are not these. */
  static String rule() {
    Sha256 digest = new Sha256();
    for (int number = 0; number < IMAGES; number++) {
      digest.add(ByteBuffer.wrap(file(number)));
    }
    return "int8-scales-1 images=" + digest.hex();
  }

  /** The images of src/pretrain/calibration_images.sh. */
  private static SampleImages images(InputSpec input) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(Math.multiplyExact(IMAGES, input.bytes()));
    for (int number = 0; number < IMAGES; number++) {
      try {
        input.write(ImageDecoder.decode(file(number)), pixels);
      } catch (BadImageException e) {
        throw new IllegalStateException("Graft's own image " + number + " is damaged", e);
      }
    }
    return new SampleImages(rule(), pixels.flip(), IMAGES);
  }

  private static byte[] file(int number) {
    String name = "calibration/" + number + ".jpg";
    try (InputStream resource = ActivationScales.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IllegalStateException(name + " is missing from Graft's own files");
      }
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

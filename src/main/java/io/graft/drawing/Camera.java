package io.graft.drawing;

import io.graft.runtime.SplitMix64;

/** Adds the effects of a camera to a picture: exposure, colour of the light, blur and grain. */
final class Camera {

  private Camera() {}

  static void expose(Canvas canvas, RandomStream random) {
    if (random.chance(0.25)) {
      canvas.blur(1);
    }
    float exposure = (float) random.between(0.85, 1.4);
    float contrast = (float) random.between(0.75, 1.2);
    float slopeX = (float) random.between(-0.35, 0.35) / canvas.size;
    float slopeY = (float) random.between(-0.35, 0.35) / canvas.size;
    float grain = random.chance(0.5) ? 0.01f : (float) random.between(0.01, 0.06);
    int seed = random.below(1 << 30);
    float middle = canvas.size / 2f;
    for (float[] channel : new float[][] {canvas.red, canvas.green, canvas.blue}) {
      float gain = exposure * (float) random.between(0.88, 1.12);
      seed++;
      for (int y = 0; y < canvas.size; y++) {
        for (int x = 0; x < canvas.size; x++) {
          int i = y * canvas.size + x;
          float light = gain * (1 + slopeX * (x - middle) + slopeY * (y - middle));
          float level = 0.5f + contrast * (channel[i] * light - 0.5f);
          channel[i] = level + grain * noise(x, y, seed);
        }
      }
    }
  }

  /** Returns nearly normal noise of variance 1: the sum of four uniform numbers. */
  private static float noise(int x, int y, int seed) {
    long bits = SplitMix64.mix((long) seed << 32 | (long) y << 16 | x);
    int sum =
        (int) (bits & 0xffff)
            + (int) (bits >>> 16 & 0xffff)
            + (int) (bits >>> 32 & 0xffff)
            + (int) (bits >>> 48);
    return (sum - 131070) * (1 / 37837f);
  }
}

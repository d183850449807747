package io.graft.drawing;

import io.graft.runtime.SplitMix64;

/**
 * A class of pictures. All of them show one kind of object, which the seed determines.
 *
 * @param seed the seed of the whole set
 * @param index the index of the class in the set, from 0
 * @param figure the kind of object
 */
record ObjectClass(long seed, int index, Figure figure) {

  static ObjectClass of(long seed, int index) {
    return new ObjectClass(seed, index, Figure.random(new RandomStream(seed, index)));
  }

  /**
   * Draws one picture of objects at random positions, with random sizes and angles. Light,
   * background, foreground and sharpness are random too.
   *
   * @param number the number of the picture in its class, from 0
   */
  Canvas draw(int size, int number) {
    RandomStream random = new RandomStream(seed, index, number);
    Canvas canvas = new Canvas(size);
    Backdrop.paint(canvas, random);
    Light light = Light.random(random);
    int objects = random.chance(0.65) ? 1 : random.whole(2, 6);
    for (int i = 0; i < objects; i++) {
      double radius = objects == 1 ? random.between(0.24, 0.65) : random.between(0.15, 0.35);
      double room = objects == 1 ? 0.22 : 0.45;
      // Most objects in photographs stand upright, so the angle varies little.
      double turns = 0.75 + random.between(-0.12, 0.12);
      Frame frame =
          Frame.at(
              size * (0.5 + room * random.between(-1, 1)),
              size * (0.5 + room * random.between(-1, 1)),
              size * radius,
              turns,
              random.chance(0.4) ? random.between(0.4, 1) : random.between(0.8, 1),
              random.next());
      figure.paint(canvas, frame, light, random);
    }
    Backdrop.occlude(canvas, random);
    expose(canvas, random);
    return canvas;
  }

  /** Adds the effects of a camera: exposure, colour of the light, blur and grain. */
  private static void expose(Canvas canvas, RandomStream random) {
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

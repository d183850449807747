package io.graft.drawing;

/** A colour: red, green and blue in sRGB, 0 to 1. */
record Tint(float red, float green, float blue) {

  /** Converts a hue in turns, a saturation and a value, each 0 to 1. */
  static Tint of(double hue, double saturation, double value) {
    return new Tint(
        channel(hue, saturation, value, 5),
        channel(hue, saturation, value, 3),
        channel(hue, saturation, value, 1));
  }

  private static float channel(double hue, double saturation, double value, int offset) {
    double k = offset + 6 * (hue - Math.floor(hue));
    k = k >= 6 ? k - 6 : k;
    double dip = Math.max(0, Math.min(1, Math.min(k, 4 - k)));
    return (float) (value * (1 - saturation * dip));
  }

  /** Returns a random colour. A fifth of them are pale, as white and grey objects are common. */
  static Tint random(RandomStream random) {
    double saturation = random.chance(0.2) ? random.between(0, 0.15) : random.between(0.3, 1);
    return of(random.next(), saturation, random.between(0.25, 1));
  }

  /** Returns a colour of natural backgrounds: mostly greens and browns, also blues and greys. */
  static Tint earthy(RandomStream random) {
    double hue = random.chance(0.7) ? random.between(0.08, 0.4) : random.next();
    return of(hue, random.between(0.05, 0.7), random.between(0.05, 0.8));
  }

  Tint times(double factor) {
    float f = (float) factor;
    return new Tint(red * f, green * f, blue * f);
  }

  /** Returns a slightly different colour, in each channel and in brightness. */
  Tint varied(RandomStream random, double amount) {
    double brightness = 1 + amount * random.between(-1.5, 1.5);
    return new Tint(
        level(red * brightness + amount * random.between(-0.5, 0.5)),
        level(green * brightness + amount * random.between(-0.5, 0.5)),
        level(blue * brightness + amount * random.between(-0.5, 0.5)));
  }

  private static float level(double value) {
    return Numbers.clamp((float) value);
  }
}

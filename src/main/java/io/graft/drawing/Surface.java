package io.graft.drawing;

/**
 * The colours and texture of a shape. The colour changes from root to tip, and a third colour is
 * added where the texture is high.
 *
 * @param root the colour at the root or in the centre
 * @param tip the colour at the tip or the rim
 * @param accent the colour of the texture
 * @param turn the position where the two colours meet, 0 (root) to 1 (tip)
 * @param hardness the abruptness of the change; 1 is a gradient over the whole length
 * @param strength the opacity of the accent where the texture is highest
 * @param texture the pattern
 */
record Surface(
    Tint root, Tint tip, Tint accent, float turn, float hardness, float strength, Texture texture) {

  static Surface random(RandomStream random) {
    return random(random, Tint.random(random), Tint.random(random));
  }

  static Surface random(RandomStream random, Tint main, Tint second) {
    boolean shaded = random.chance(0.5);
    Tint tip = shaded ? second : main.times(random.between(0.6, 1.2));
    Tint accent = random.chance(0.5) ? Tint.random(random) : main.times(random.between(0.3, 0.75));
    return new Surface(
        main,
        tip,
        accent,
        (float) random.between(0.2, 0.8),
        (float) random.octaves(1, 6),
        (float) random.between(0.15, 0.9),
        Texture.random(random));
  }

  /** Returns the surface of one object of this kind, with small differences. */
  Surface varied(RandomStream random, double amount) {
    return new Surface(
        root.varied(random, amount),
        tip.varied(random, amount),
        accent.varied(random, amount),
        turn + (float) random.between(-0.06, 0.06),
        hardness,
        strength * (float) random.between(0.8, 1.2),
        texture.varied(random));
  }

  /**
   * Paints the surface's colour at (u, v) over a pixel.
   *
   * @param along the position along the shape: 0 at the root, 1 at the tip
   * @param inside the distance from the edge in pixels, negative outside; edges are antialiased
   */
  void lay(Canvas canvas, int index, float u, float v, float along, float shade, float inside) {
    float light = Math.max(0.1f, shade);
    float opacity = Math.min(1, inside + 0.5f);
    float toTip = Numbers.clamp(0.5f + hardness * (along - turn));
    float toAccent =
        texture.kind() == Texture.Kind.PLAIN ? 0 : Math.min(1, strength * texture.at(u, v));
    float red = light * colour(root.red(), tip.red(), accent.red(), toTip, toAccent);
    float green = light * colour(root.green(), tip.green(), accent.green(), toTip, toAccent);
    float blue = light * colour(root.blue(), tip.blue(), accent.blue(), toTip, toAccent);
    canvas.red[index] += (red - canvas.red[index]) * opacity;
    canvas.green[index] += (green - canvas.green[index]) * opacity;
    canvas.blue[index] += (blue - canvas.blue[index]) * opacity;
  }

  private static float colour(float root, float tip, float accent, float toTip, float toAccent) {
    return Numbers.mix(Numbers.mix(root, tip, toTip), accent, toAccent);
  }
}

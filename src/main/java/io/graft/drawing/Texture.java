package io.graft.drawing;

/**
 * A pattern: a level from 0 to 1 for each point of a surface.
 *
 * @param kind the pattern
 * @param frequency the number of repetitions per unit
 * @param angle the direction of the pattern, in turns
 * @param contrast the hardness of its edges: 1 is smooth, 8 gives almost only two levels
 * @param seed the seed of its irregularities
 */
record Texture(Kind kind, float frequency, float angle, float contrast, int seed) {

  /** The patterns. Their order determines which pattern a random number selects. */
  enum Kind {
    PLAIN,
    STRIPES,
    RINGS,
    SPOKES,
    SPIRAL,
    CHECKS,
    WEAVE,
    SPOTS,
    CELLS,
    CLOUDS,
    MARBLE,
    GRAIN
  }

  private static final Kind[] KINDS = Kind.values();

  static Texture random(RandomStream random) {
    return new Texture(
        KINDS[random.below(KINDS.length)],
        (float) random.octaves(1.2, 9),
        (float) random.next(),
        (float) random.octaves(1, 6),
        random.below(1 << 20));
  }

  /** Returns the same kind of pattern with other irregularities. */
  Texture varied(RandomStream random) {
    return new Texture(
        kind,
        frequency * (float) random.between(0.85, 1.18),
        angle,
        contrast * (float) random.between(0.85, 1.18),
        random.below(1 << 20));
  }

  float at(float u, float v) {
    float level = raw(u, v);
    return Numbers.clamp(0.5f + (level - 0.5f) * contrast);
  }

  private float raw(float u, float v) {
    float f = frequency;
    float along = f * (u * Numbers.cosine(angle) + v * Numbers.sine(angle));
    float across = f * (v * Numbers.cosine(angle) - u * Numbers.sine(angle));
    return switch (kind) {
      case PLAIN -> 0.5f;
      case STRIPES -> wave(along);
      case RINGS -> wave(f * Numbers.length(u, v));
      case SPOKES -> wave(Math.round(1.5f * f) * Numbers.turns(u, v));
      case SPIRAL -> wave(Math.round(f) * Numbers.turns(u, v) + f * Numbers.length(u, v));
      case CHECKS -> 0.5f + 0.5f * Numbers.sine(along / 2) * Numbers.sine(across / 2);
      case WEAVE -> Math.max(wave(along), wave(across));
      case SPOTS -> spots(f * u, f * v);
      case CELLS -> cells(f * u, f * v);
      case CLOUDS -> Numbers.fractalNoise(f * u / 2, f * v / 2, 3, seed);
      case MARBLE -> wave(along / 2 + 2 * Numbers.fractalNoise(f * u / 2, f * v / 2, 2, seed));
      case GRAIN -> Numbers.noise(4 * f * u, 4 * f * v, seed);
    };
  }

  private static float wave(float turns) {
    return 0.5f + 0.5f * Numbers.sine(turns);
  }

  /** Returns the level of spots. Each square of the grid has one spot at a random position. */
  private float spots(float x, float y) {
    int column = (int) Math.floor(x);
    int row = (int) Math.floor(y);
    float dx = x - column - 0.3f - 0.4f * Numbers.hash(column, row, seed);
    float dy = y - row - 0.3f - 0.4f * Numbers.hash(column, row, seed + 1);
    return Numbers.clamp(1.1f - 2.5f * Numbers.length(dx, dy));
  }

  /** Returns the distance to the nearest random point; each square has one (Worley 1996). */
  private float cells(float x, float y) {
    int column = (int) Math.floor(x);
    int row = (int) Math.floor(y);
    float nearest = 4;
    for (int r = row - 1; r <= row + 1; r++) {
      for (int c = column - 1; c <= column + 1; c++) {
        float dx = x - c - Numbers.hash(c, r, seed);
        float dy = y - r - Numbers.hash(c, r, seed + 1);
        nearest = Math.min(nearest, dx * dx + dy * dy);
      }
    }
    return Numbers.clamp((float) Math.sqrt(nearest));
  }
}

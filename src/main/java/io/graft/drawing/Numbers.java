package io.graft.drawing;

/**
 * Functions that give the same bits on every machine. {@code Math.sin} and similar functions may
 * differ between machines.
 */
final class Numbers {

  private static final int TABLE = 4096;
  private static final float[] SINE = new float[TABLE];

  static {
    for (int i = 0; i < TABLE; i++) {
      SINE[i] = (float) StrictMath.sin(2 * Math.PI * i / TABLE);
    }
  }

  private Numbers() {}

  /** Returns the sine of an angle in turns. */
  static float sine(float turns) {
    return SINE[(int) Math.floor(turns * TABLE) & TABLE - 1];
  }

  /** Returns the cosine of an angle in turns. */
  static float cosine(float turns) {
    return sine(turns + 0.25f);
  }

  /** Returns the direction of a point in turns, 0 to 1, with errors up to 0.0007 of a turn. */
  static float turns(float x, float y) {
    float across = Math.abs(x);
    float up = Math.abs(y);
    float ratio = Math.min(across, up) / (Math.max(across, up) + 1e-12f);
    // arctan(r) is within 0.004 of (pi / 4) r + 0.273 r (1 - r) on [0, 1].
    float angle = ratio * (0.125f + 0.04345f * (1 - ratio));
    if (up > across) {
      angle = 0.25f - angle;
    }
    if (x < 0) {
      angle = 0.5f - angle;
    }
    return y < 0 ? 1 - angle : angle;
  }

  static float length(float x, float y) {
    return (float) Math.sqrt(x * x + y * y);
  }

  static float clamp(float value) {
    return value < 0 ? 0 : Math.min(value, 1);
  }

  static float mix(float first, float second, float share) {
    return first + (second - first) * share;
  }

  /** Hashes a point of the grid and a seed to a number in [0, 1). */
  static float hash(int x, int y, int seed) {
    int h = x * 0x27d4eb2d ^ y * 0x165667b1 ^ seed * 0x9e3779b1;
    h = (h ^ h >>> 15) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return ((h ^ h >>> 16) >>> 8) * 0x1p-24f;
  }

  /** Returns smooth noise in [0, 1], with one random level for each point of the unit grid. */
  static float noise(float x, float y, int seed) {
    int column = (int) Math.floor(x);
    int row = (int) Math.floor(y);
    float right = x - column;
    float down = y - row;
    right = right * right * (3 - 2 * right);
    down = down * down * (3 - 2 * down);
    return mix(
        mix(hash(column, row, seed), hash(column + 1, row, seed), right),
        mix(hash(column, row + 1, seed), hash(column + 1, row + 1, seed), right),
        down);
  }

  /** Returns noise of several octaves, each half as strong as the one before. */
  static float fractalNoise(float x, float y, int octaves, int seed) {
    float sum = 0;
    float weight = 0.5f;
    float total = 0;
    for (int octave = 0; octave < octaves; octave++) {
      sum += weight * noise(x, y, seed + octave);
      total += weight;
      x = 2 * x + 17.3f;
      y = 2 * y - 9.1f;
      weight /= 2;
    }
    return sum / total;
  }
}

package io.graft.drawing;

/**
 * A leaf, petal, blade or hair along an axis. At each point of the axis, its half-width is {@code
 * width} times a {@link #profile}.
 *
 * @param width the half-width at the widest point, in lengths of the axis
 * @param widest the widest point, 0 (root) to 1 (tip)
 * @param roundness the exponent of the profile: below 1 the leaf is blunt, above 1 pointed
 * @param bend the distance of the tip from the axis, in lengths of the axis
 * @param crease the darkness of the line along the axis, 0 to 1
 * @param teeth the number of notches along each edge, 0 for a smooth edge
 */
record Leaf(float width, float widest, float roundness, float bend, float crease, int teeth) {

  private static final int STEPS = 48;

  static Leaf random(RandomStream random) {
    return new Leaf(
        (float) random.octaves(0.05, 0.6),
        (float) random.between(0.3, 0.88),
        (float) random.octaves(0.35, 1.6),
        random.chance(0.5) ? 0 : (float) random.between(-0.25, 0.25),
        random.chance(0.5) ? 0 : (float) random.between(0.1, 0.5),
        random.chance(0.8) ? 0 : random.whole(3, 8));
  }

  /** Returns a leaf of the same kind with small differences. */
  Leaf varied(RandomStream random) {
    return new Leaf(
        width * (float) random.between(0.85, 1.17),
        widest,
        roundness,
        bend + (float) random.between(-0.05, 0.05),
        crease,
        teeth);
  }

  /**
   * Returns the half-widths at even steps along the axis, relative to the widest: float32, shape
   * ({@code STEPS + 1}). All leaves of a kind have the same profile.
   */
  float[] profile() {
    float[] profile = new float[STEPS + 1];
    for (int i = 0; i <= STEPS; i++) {
      double u = i / (double) STEPS;
      double side = u < widest ? u / widest : (1 - u) / (1 - widest);
      double notch = teeth == 0 ? 1 : 0.8 + 0.2 * Numbers.sine((float) (teeth * u));
      double arc = Math.max(0, 1 - (1 - side) * (1 - side));
      profile[i] = (float) (notch * StrictMath.pow(arc, roundness));
    }
    return profile;
  }

  /**
   * Paints the leaf along the frame's first axis.
   *
   * @param profile the {@link #profile} of this kind
   * @param light the light, which makes one half brighter than the other
   */
  void paint(Canvas canvas, Frame frame, float[] profile, Surface surface, Light light) {
    float determinant = frame.determinant();
    if (Math.abs(determinant) < 0.2f) {
      return;
    }
    float reach = width + Math.abs(bend);
    float cx = frame.x() + frame.ux() / 2;
    float cy = frame.y() + frame.uy() / 2;
    float halfX = Math.abs(frame.ux()) / 2 + Math.abs(frame.vx()) * reach + 1;
    float halfY = Math.abs(frame.uy()) / 2 + Math.abs(frame.vy()) * reach + 1;
    int left = Math.max(0, (int) (cx - halfX));
    int right = Math.min(canvas.size - 1, (int) (cx + halfX) + 1);
    int top = Math.max(0, (int) (cy - halfY));
    int bottom = Math.min(canvas.size - 1, (int) (cy + halfY) + 1);
    float du = frame.vy() / determinant;
    float dv = -frame.uy() / determinant;
    float pixels = frame.unitPixels();
    float side = light.across(frame.vx(), frame.vy());
    for (int y = top; y <= bottom; y++) {
      float py = y + 0.5f - frame.y();
      float px = left + 0.5f - frame.x();
      float u = (px * frame.vy() - py * frame.vx()) / determinant;
      float v = (py * frame.ux() - px * frame.uy()) / determinant;
      for (int x = left; x <= right; x++, u += du, v += dv) {
        if (u < 0 || u >= 1) {
          continue;
        }
        float place = u * STEPS;
        int step = (int) place;
        float half = width * Numbers.mix(profile[step], profile[step + 1], place - step);
        float off = v - bend * u * u;
        float inside = (half - Math.abs(off)) * pixels;
        if (inside <= -0.5f) {
          continue;
        }
        float share = off / Math.max(half, Math.abs(off) + 1e-6f);
        float shade = 1 + light.relief() * (side * share - 0.5f * share * share);
        shade *= 1 - light.rim() / (1 + Math.max(0, inside) * Math.max(0, inside));
        shade *= 1 - crease / (1 + 60 * share * share);
        surface.lay(canvas, y * canvas.size + x, u, off, u, shade, inside);
      }
    }
  }
}

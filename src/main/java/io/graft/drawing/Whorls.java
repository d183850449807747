package io.graft.drawing;

/**
 * Leaves around a centre, in one or several layers (whorls), like a daisy, a rose, a fan or a tuft.
 *
 * @param leaf the shape of each leaf
 * @param surface the colours and texture of each leaf
 * @param leaves the number of leaves in each whorl
 * @param whorls the number of whorls, painted from the outermost to the innermost
 * @param shrink the length of a whorl relative to the one around it
 * @param spread the share of the full circle that the leaves fill: 1 is a flower from above, 0.2 a
 *     cup
 * @param start the distance of the leaves' roots from the centre
 * @param scatter how much the leaves' directions vary, relative to the angle between two leaves
 * @param heart the blob in the centre
 * @param heartSize the size of the heart, 0 for none
 */
record Whorls(
    Leaf leaf,
    Surface surface,
    int leaves,
    int whorls,
    double shrink,
    double spread,
    double start,
    double scatter,
    Blob heart,
    double heartSize)
    implements Figure {

  static Whorls random(RandomStream random) {
    Tint main = Tint.random(random);
    Tint second = Tint.random(random);
    Leaf leaf = Leaf.random(random);
    // The number of leaves ranges from a few that just touch to many that overlap.
    double circle = random.chance(0.7) ? 1 : random.between(0.08, 0.5);
    double full = random.octaves(0.6, 2.5) * circle * 3.1 / Math.max(0.06, leaf.width());
    int leaves = (int) Math.max(3, Math.min(48, full));
    double heartSize = random.chance(0.65) ? random.between(0.08, 0.55) : 0;
    return new Whorls(
        leaf,
        Surface.random(random, main, second),
        leaves,
        random.chance(0.4) ? 1 : random.whole(2, 5),
        random.between(0.55, 0.88),
        circle,
        random.chance(0.7) ? 0 : random.between(0.05, 0.3),
        random.chance(0.6) ? 0.15 : random.between(0.2, 1),
        Blob.round(random),
        heartSize);
  }

  @Override
  public void paint(Canvas canvas, Frame frame, Light light, RandomStream random) {
    int most = Math.max(3, leaves + random.whole(-1, 1));
    Surface covering = surface.varied(random, 0.06);
    float[] profile = leaf.profile();
    double length = 1 - start;
    double phase = random.next();
    for (int whorl = 0; whorl < whorls; whorl++) {
      double step = spread / most;
      double first = spread < 1 ? -spread / 2 : phase + whorl * step / 2;
      for (int i = 0; i < most; i++) {
        double turns = first + (i + 0.5 + scatter * random.between(-0.5, 0.5)) * step;
        Frame place =
            frame.inner(0, 0, 1, turns).inner(start, 0, length * random.between(0.9, 1.1), 0);
        leaf.varied(random).paint(canvas, place, profile, covering, light);
      }
      length *= shrink;
    }
    if (heartSize > 0) {
      heart.paint(canvas, frame.inner(0, 0, heartSize, random.next()), light, random);
    }
  }
}

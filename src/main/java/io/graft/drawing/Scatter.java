package io.graft.drawing;

/**
 * Many small objects of one kind on a round area: a head of florets, a heap or a swarm.
 *
 * @param part the kind of the small objects
 * @param parts the number of small objects
 * @param partSize the size of each relative to the whole
 * @param ordered whether they form a spiral of even density, like seeds; else their positions are
 *     random
 * @param outward whether each points away from the centre; else their directions are random
 */
record Scatter(Figure part, int parts, double partSize, boolean ordered, boolean outward)
    implements Figure {

  /** The golden angle in turns: the angle from one seed of a flower to the next (Vogel 1979). */
  private static final double GOLDEN_TURNS = 0.381966;

  static Scatter random(RandomStream random) {
    Figure part =
        random.chance(0.5)
            ? Blob.random(random)
            : new Whorls(
                Leaf.random(random),
                Surface.random(random),
                random.whole(1, 6),
                1,
                1,
                1,
                0,
                0.2,
                Blob.round(random),
                random.chance(0.5) ? 0.3 : 0);
    int parts = (int) random.octaves(6, 60);
    return new Scatter(
        part,
        parts,
        random.between(0.7, 1.5) / Math.sqrt(parts),
        random.chance(0.6),
        random.chance(0.6));
  }

  @Override
  public void paint(Canvas canvas, Frame frame, Light light, RandomStream random) {
    for (int i = 0; i < parts; i++) {
      double turns = ordered ? i * GOLDEN_TURNS : random.next();
      double radius = (1 - partSize / 2) * Math.sqrt((i + 0.5) / parts);
      double facing = outward ? turns + 0.02 * random.between(-1, 1) : random.next();
      part.paint(
          canvas,
          frame
              .inner(0, 0, 1, turns)
              .inner(radius, 0, partSize * random.between(0.85, 1.15), facing - turns),
          light,
          random);
    }
  }
}

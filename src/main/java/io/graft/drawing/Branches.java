package io.graft.drawing;

/**
 * A self-similar figure: a stem with smaller copies of itself, like a fern or a tree.
 *
 * @param stem the shape of each piece
 * @param surface the colours and texture of each piece
 * @param depth the number of generations of copies
 * @param children the number of copies on each piece
 * @param angle the angle between a copy and its piece, in turns
 * @param shrink the length of a copy relative to its piece
 * @param symmetric whether there are copies on both sides
 * @param arms the number of first stems that grow out of the centre
 */
record Branches(
    Leaf stem,
    Surface surface,
    int depth,
    int children,
    double angle,
    double shrink,
    boolean symmetric,
    int arms)
    implements Figure {

  static Branches random(RandomStream random) {
    int arms = random.chance(0.5) ? 1 : random.whole(2, 7);
    int children = random.whole(1, 4);
    boolean symmetric = random.chance(0.7);
    int copies = children * (symmetric ? 2 : 1);
    Leaf leaf = Leaf.random(random);
    return new Branches(
        new Leaf(
            (float) random.octaves(0.03, 0.2),
            leaf.widest(),
            leaf.roundness(),
            leaf.bend(),
            leaf.crease(),
            0),
        Surface.random(random),
        copies * copies * arms > 60 ? 1 : copies * copies * copies * arms > 150 ? 2 : 3,
        children,
        random.between(0.06, 0.25),
        random.between(0.4, 0.7),
        symmetric,
        arms);
  }

  @Override
  public void paint(Canvas canvas, Frame frame, Light light, RandomStream random) {
    Growth growth =
        new Growth(
            this,
            canvas,
            stem.profile(),
            surface.varied(random, 0.06),
            light,
            angle * random.between(0.85, 1.15),
            random);
    for (int arm = 0; arm < arms; arm++) {
      Frame place =
          arms == 1 ? frame.inner(-0.9, 0, 1.1, 0) : frame.inner(0, 0, 0.75, arm / (double) arms);
      growth.grow(place, depth);
    }
  }

  /** Grows the branches of one object. */
  @SuppressWarnings("ArrayRecordComponent") // The array is not shared.
  private record Growth(
      Branches kind,
      Canvas canvas,
      float[] profile,
      Surface covering,
      Light light,
      double angle,
      RandomStream random) {

    void grow(Frame piece, int generations) {
      kind.stem.paint(canvas, piece, profile, covering, light);
      if (generations == 0 || piece.unitPixels() < 2) {
        return;
      }
      for (int child = 1; child <= kind.children; child++) {
        double at = child / (kind.children + 0.3);
        double length = kind.shrink * random.between(0.9, 1.1);
        double turns = angle * random.between(0.9, 1.1);
        grow(piece.inner(at, 0, length, turns), generations - 1);
        if (kind.symmetric) {
          grow(piece.inner(at, 0, length, -turns), generations - 1);
        }
      }
    }
  }
}

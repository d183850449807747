package io.graft.drawing;

/** A kind of object that pictures show: what all objects of a class have in common. */
sealed interface Figure permits Whorls, Blob, Branches, Scatter {

  /**
   * Paints one object of the kind.
   *
   * @param frame the object's middle, and the axes by which it reaches out to about 1
   * @param random what differs from one object of the kind to the next
   */
  void paint(Canvas canvas, Frame frame, Light light, RandomStream random);

  /** A kind of object: half of them whorls of petals, the others everything else. */
  static Figure random(RandomStream random) {
    double draw = random.next();
    if (draw < 0.5) {
      return Whorls.random(random);
    }
    if (draw < 0.75) {
      return Blob.random(random);
    }
    return draw < 0.87 ? Branches.random(random) : Scatter.random(random);
  }
}

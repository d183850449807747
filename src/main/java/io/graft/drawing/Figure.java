package io.graft.drawing;

/** A kind of object: what all objects of a class have in common. */
sealed interface Figure permits Whorls, Blob, Branches, Scatter {

  /**
   * Paints one object of the kind.
   *
   * @param frame the object's centre and axes; the object reaches to about 1 along each axis
   * @param random the source of the differences between objects of the kind
   */
  void paint(Canvas canvas, Frame frame, Light light, RandomStream random);

  /** Invents a kind of object. Half of all kinds are whorls of petals. */
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

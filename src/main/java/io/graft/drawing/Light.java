package io.graft.drawing;

/**
 * The light on an object.
 *
 * @param direction the direction that the light comes from, in turns
 * @param relief how much brighter the near side of an object is than its far side
 * @param rim how dark the edges of objects are
 */
record Light(float direction, float relief, float rim) {

  static Light random(RandomStream random) {
    return new Light(
        (float) random.next(), (float) random.between(0.1, 0.6), (float) random.between(0.1, 0.5));
  }

  /** Returns the cosine of the angle between a direction on the canvas and the light. */
  float across(float x, float y) {
    float length = Numbers.length(x, y) + 1e-6f;
    return (x * Numbers.cosine(direction) + y * Numbers.sine(direction)) / length;
  }
}

package io.graft.drawing;

/**
 * A place on the canvas with two axes: the point (u, v) of the frame is at the pixel (x + u ux + v
 * vx, y + u uy + v vy).
 */
record Frame(float x, float y, float ux, float uy, float vx, float vy) {

  /** Creates a frame with axes of {@code scale} pixels, turned and squeezed in one direction. */
  static Frame at(double x, double y, double scale, double turns, double squeeze, double along) {
    float c = Numbers.cosine((float) along);
    float s = Numbers.sine((float) along);
    float q = (float) squeeze;
    // The matrix that scales the direction (c, s) by q and keeps the direction across it.
    float xx = 1 + (q - 1) * c * c;
    float xy = (q - 1) * c * s;
    float yy = 1 + (q - 1) * s * s;
    float ux = (float) scale * Numbers.cosine((float) turns);
    float uy = (float) scale * Numbers.sine((float) turns);
    return new Frame(
        (float) x,
        (float) y,
        xx * ux + xy * uy,
        xy * ux + yy * uy,
        -xx * uy + xy * ux,
        -xy * uy + yy * ux);
  }

  /** Returns a frame at a point of this one, with its axes turned and scaled. */
  Frame inner(double u, double v, double scale, double turns) {
    float c = (float) scale * Numbers.cosine((float) turns);
    float s = (float) scale * Numbers.sine((float) turns);
    return new Frame(
        (float) (x + u * ux + v * vx),
        (float) (y + u * uy + v * vy),
        c * ux + s * vx,
        c * uy + s * vy,
        -s * ux + c * vx,
        -s * uy + c * vy);
  }

  /** Returns the signed area of the unit square, which is the divisor to invert the frame. */
  float determinant() {
    return ux * vy - uy * vx;
  }

  /** Returns the length of a unit in pixels: the square root of the unit square's area. */
  float unitPixels() {
    return (float) Math.sqrt(Math.abs(determinant()));
  }
}

package io.graft.backbone;

import java.util.Locale;

/**
 * How closely features in a reduced precision, or of images decoded fast, agree with those of fp32
 * and exact decoding: the cosine between the two, per image of a sample.
 *
 * @param mean the mean cosine over the sample, from -1 to 1
 * @param smallest the smallest cosine of any image of the sample, from -1 to 1
 */
public record Agreement(double mean, double smallest) {

  /** A precision is chosen automatically only if its mean cosine is at least this. */
  public static final double LEAST_MEAN = 0.999;

  /** A precision is chosen automatically only if the cosine of every image is at least this. */
  public static final double LEAST_SMALLEST = 0.99;

  /**
   * Compares features image by image.
   *
   * @param reference the fp32 features, (rows, n), row-major
   * @param features the other features of the same images, in the same order
   * @param rows the number of images, at least 1
   */
  static Agreement of(float[] reference, float[] features, int rows) {
    int width = reference.length / rows;
    double sum = 0;
    double smallest = 1;
    for (int row = 0; row < rows; row++) {
      double cosine = cosine(reference, features, row * width, width);
      sum += cosine;
      smallest = Math.min(smallest, cosine);
    }
    return new Agreement(sum / rows, smallest);
  }

  private static double cosine(float[] a, float[] b, int from, int width) {
    double product = 0;
    double squaresOfA = 0;
    double squaresOfB = 0;
    for (int i = from; i < from + width; i++) {
      product += (double) a[i] * b[i];
      squaresOfA += (double) a[i] * a[i];
      squaresOfB += (double) b[i] * b[i];
    }
    if (squaresOfA == 0 && squaresOfB == 0) {
      return 1;
    }
    double cosine = product / Math.sqrt(squaresOfA * squaresOfB);
    return Double.isNaN(cosine) ? -1 : cosine;
  }

  /** Returns the end of a sentence that begins with "The features", for messages. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "agree with those of fp32 to a cosine of %.5f (%.5f for the worst image)",
        mean,
        smallest);
  }

  /** Returns whether the features are close enough to replace those of fp32. */
  public boolean isClose() {
    return mean >= LEAST_MEAN && smallest >= LEAST_SMALLEST;
  }
}

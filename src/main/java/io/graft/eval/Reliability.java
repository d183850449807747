package io.graft.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * The confidence of answers compared with the share of right answers. The confidence of a row is
 * its largest probability. Rows are put into 15 bins of equal width, as in Guo et al., On
 * Calibration of Modern Neural Networks, ICML 2017 (arXiv:1706.04599).
 *
 * @param bins the bins from confidence 0 to 1; a confidence on an edge is in the lower bin
 */
public record Reliability(List<Bin> bins) {

  /** The number of bins that Guo et al. use. */
  private static final int BINS = 15;

  /**
   * The rows of one range of confidence.
   *
   * @param rows the number of rows
   * @param confidence the mean confidence of the rows; NaN without rows
   * @param top1 the share of rows with a right answer; NaN without rows
   */
  public record Bin(int rows, double confidence, double top1) {}

  /** Copies the bins. */
  public Reliability {
    bins = List.copyOf(bins);
  }

  /**
   * Returns the expected calibration error, from 0 (best) to 1. It is the mean distance between
   * confidence and top-1 over the bins, each weighted by its number of rows.
   */
  public double expectedCalibrationError() {
    double distance = 0;
    int rows = 0;
    for (Bin bin : bins) {
      if (bin.rows() > 0) {
        distance += bin.rows() * Math.abs(bin.confidence() - bin.top1());
        rows += bin.rows();
      }
    }
    return distance / rows;
  }

  /** Sorts rows into bins by their confidence. */
  static final class Collector {
    private final int[] rows = new int[BINS];
    private final int[] correct = new int[BINS];
    private final double[] confidence = new double[BINS];

    void add(double rowConfidence, boolean rowCorrect) {
      int bin = Math.min(BINS - 1, Math.max(0, (int) Math.ceil(rowConfidence * BINS) - 1));
      rows[bin]++;
      correct[bin] += rowCorrect ? 1 : 0;
      confidence[bin] += rowConfidence;
    }

    Reliability collected() {
      List<Bin> bins = new ArrayList<>();
      for (int i = 0; i < BINS; i++) {
        bins.add(new Bin(rows[i], confidence[i] / rows[i], (double) correct[i] / rows[i]));
      }
      return new Reliability(bins);
    }
  }
}

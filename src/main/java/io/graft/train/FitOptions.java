package io.graft.train;

import io.graft.data.OnBadImage;
import io.graft.nn.Head;
import io.graft.runtime.InvalidOptionException;

/**
 * How a classifier is trained. The defaults are the reference recipe: flatten, Adam at 0.001, 10
 * epochs, batch 32.
 *
 * @param head the classifier, and with it the freeze boundary
 * @param epochs passes over the training rows, at least 1
 * @param batchSize rows per step, at least 1; the last batch of an epoch may be smaller
 * @param learningRate Adam's step size, finite and positive
 * @param seed of the classifier's initial weights and of the shuffling
 * @param onBadImage what to do about pictures that cannot be decoded
 * @param calibrate whether to fit the model's temperature on the validation rows after the last
 *     epoch; see {@link io.graft.eval.Temperature}
 */
public record FitOptions(
    Head head,
    int epochs,
    int batchSize,
    double learningRate,
    long seed,
    OnBadImage onBadImage,
    boolean calibrate) {

  /** Checks every value. */
  public FitOptions {
    if (epochs < 1) {
      throw new InvalidOptionException(
          "Epochs is " + epochs + ": expected a whole number of at least 1, such as 10.");
    }
    if (batchSize < 1) {
      throw new InvalidOptionException(
          "Batch size is " + batchSize + ": expected a whole number of at least 1, such as 32.");
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new InvalidOptionException(
          "Learning rate is " + learningRate + ": expected a positive number, such as 0.001.");
    }
  }

  /** The reference recipe with seed 42; pictures that cannot be decoded are skipped. */
  public static FitOptions defaults() {
    return new FitOptions(Head.FLATTEN, 10, 32, 0.001, 42, OnBadImage.SKIP, false);
  }

  /** These options with another head. */
  public FitOptions withHead(Head newHead) {
    return new FitOptions(newHead, epochs, batchSize, learningRate, seed, onBadImage, calibrate);
  }

  /** These options with another number of epochs. */
  public FitOptions withEpochs(int newEpochs) {
    return new FitOptions(head, newEpochs, batchSize, learningRate, seed, onBadImage, calibrate);
  }

  /** These options with another batch size. */
  public FitOptions withBatchSize(int newBatchSize) {
    return new FitOptions(head, epochs, newBatchSize, learningRate, seed, onBadImage, calibrate);
  }

  /** These options with another learning rate. */
  public FitOptions withLearningRate(double newLearningRate) {
    return new FitOptions(head, epochs, batchSize, newLearningRate, seed, onBadImage, calibrate);
  }

  /** These options with another seed. */
  public FitOptions withSeed(long newSeed) {
    return new FitOptions(head, epochs, batchSize, learningRate, newSeed, onBadImage, calibrate);
  }

  /** These options with another way with pictures that cannot be decoded. */
  public FitOptions withOnBadImage(OnBadImage newOnBadImage) {
    return new FitOptions(head, epochs, batchSize, learningRate, seed, newOnBadImage, calibrate);
  }

  /** These options with the temperature fitted or not. */
  public FitOptions withCalibrate(boolean newCalibrate) {
    return new FitOptions(head, epochs, batchSize, learningRate, seed, onBadImage, newCalibrate);
  }
}

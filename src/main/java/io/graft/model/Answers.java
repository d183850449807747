package io.graft.model;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;

/** The receiver of a model's answers for several images, in the order of the images. */
public interface Answers {

  /**
   * Receives the scores of an image. {@link ModelCard#decision} turns them into probabilities and
   * an answer.
   *
   * @param logits the outputs of the trained layers, float32 (classes)
   */
  void answered(LabeledImage image, float[] logits);

  /** Receives an image that cannot be decoded. */
  void skipped(BadImage image);
}

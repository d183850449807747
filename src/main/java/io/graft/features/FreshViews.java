package io.graft.features;

import io.graft.data.View;
import io.graft.image.Augmentation;

/**
 * Views of images that every epoch draws anew, so that their rows are not kept.
 *
 * @param augmentation draws the views
 * @param seed another seed gives other views
 */
public record FreshViews(Augmentation augmentation, long seed) {

  /** Returns the view of an epoch, from 0; the first is the plain image. */
  View view(long epoch) {
    return new View(augmentation, seed, Math.toIntExact(epoch));
  }
}

package io.graft.features;

import io.graft.data.View;
import io.graft.image.Augmentation;

/**
 * Views of pictures that are drawn anew in each pass over them, and so kept nowhere.
 *
 * @param augmentation how they are drawn
 * @param seed another one gives other views
 */
public record FreshViews(Augmentation augmentation, long seed) {

  /** The view of a pass; 0 is the plain picture. */
  View view(long pass) {
    return new View(augmentation, seed, Math.toIntExact(pass));
  }
}

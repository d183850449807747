package io.graft.zoo;

import io.graft.fetch.PublishedFile;

/** Where a backbone's pretrained weights come from. */
public sealed interface WeightOrigin {

  /** A file that somebody publishes. */
  record Published(PublishedFile file) implements WeightOrigin {}

  /**
   * A file that is part of Graft.
   *
   * @param resource its name beside this class
   */
  record Bundled(String resource) implements WeightOrigin {}

  /** A file that its owner trained and names. */
  record Own() implements WeightOrigin {}
}

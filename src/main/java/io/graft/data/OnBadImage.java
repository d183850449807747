package io.graft.data;

/** What to do with an image that cannot be decoded. */
public enum OnBadImage {
  /** Reports the image and leaves it out. */
  SKIP,
  /** Ends the run with an error that names the image. */
  FAIL
}

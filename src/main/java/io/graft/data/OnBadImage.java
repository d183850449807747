package io.graft.data;

/** What becomes of an image that cannot be decoded. */
public enum OnBadImage {
  /** It is reported and left out; its neighbours close the gap. */
  SKIP,
  /** It ends the run with an error that names it. */
  FAIL
}

package io.graft.cuda;

/**
 * The blocks of a launch, in three directions. Each has {@link #THREADS} threads, which is the
 * number that the text of the kernels is written for.
 */
record Grid(int across, int down, int deep) {

  static final int THREADS = 128;

  /** Returns how many parts of a size are needed for a whole. */
  static int parts(int whole, int size) {
    return (whole + size - 1) / size;
  }
}

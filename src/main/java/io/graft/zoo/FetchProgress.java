package io.graft.zoo;

/** Is told how a fetch gets on, on the thread that fetches. */
public interface FetchProgress {

  /** Tells nobody. */
  FetchProgress SILENT =
      new FetchProgress() {
        @Override
        public void advanced(long bytesDone, long bytesTotal) {}

        @Override
        public void note(String line) {}
      };

  /**
   * More of the file is here, fetched by this process or by the one it waits for. Comes for every
   * few kilobytes; goes back where a fetch starts over.
   *
   * @param bytesDone length of what is here
   * @param bytesTotal length of the whole, or -1 where nobody said it
   */
  void advanced(long bytesDone, long bytesTotal);

  /**
   * Something happened that a person who waits wants to know: another process is waited for, a
   * connection broke and is tried again, a fetch starts over.
   */
  void note(String line);
}

package io.graft.weights.keras;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The decoded chunks of a file that were used last, up to a quarter of the heap. Each chunk is
 * decoded by one thread, for which the others wait.
 */
final class ChunkCache {

  /** The most bytes that are kept, whatever the size of the heap. */
  private static final long MOST_BYTES = 256L << 20;

  private final long mostBytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 4);
  private final Map<Key, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * A chunk of a dataset, by its position in the grid of chunks. The methods are written out
   * because Java takes longer to link those of a record than to read a small file.
   */
  private record Key(Object dataset, long index) {

    @Override
    public int hashCode() {
      return System.identityHashCode(dataset) * 31 + Long.hashCode(index);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.dataset == dataset && key.index == index;
    }
  }

  private static final class Entry {
    private final int bytes;
    private byte[] values;

    Entry(int bytes) {
      this.bytes = bytes;
    }

    synchronized byte[] get(Supplier<byte[]> decoder) {
      if (values == null) {
        values = decoder.get();
      }
      return values;
    }
  }

  /**
   * Returns the elements of a chunk, which the caller must not change.
   *
   * @param size the size of a decoded chunk
   */
  byte[] get(Object dataset, long index, int size, Supplier<byte[]> decoder) {
    Entry entry;
    synchronized (this) {
      Key key = new Key(dataset, index);
      entry = entries.get(key);
      if (entry == null) {
        entry = new Entry(size);
        bytes += size;
        evict();
        entries.put(key, entry);
      }
    }
    return entry.get(decoder);
  }

  private void evict() {
    Iterator<Entry> oldest = entries.values().iterator();
    while (bytes > mostBytes && oldest.hasNext()) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
  }
}

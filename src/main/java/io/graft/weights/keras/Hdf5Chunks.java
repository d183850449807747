package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorReads.ElementBytes;
import io.jhdf.api.dataset.ChunkedDataset;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The elements of a dataset that is stored in chunks. A long range is read chunk by chunk, by all
 * processors. A short range is read row by row from chunks that are kept decoded, because readers
 * of a transposed kernel take a few elements from each chunk many times.
 */
final class Hdf5Chunks implements ElementBytes {

  private static final long MAX_CHUNK_BYTES = 64 << 20;

  /** More runs than processors, because some of them are busy with other programs. */
  private static final long RUNS_PER_PROCESSOR = 8;

  private final Hdf5File file;
  private final String path;
  private final ChunkedDataset dataset;
  private final Hdf5Filters filters;
  private final int[] chunk;
  private final long[] dimensions;

  /** The number of chunks on each axis. */
  private final long[] grid;

  private final int elementBytes;
  private final int chunkBytes;

  Hdf5Chunks(Hdf5File file, String path, ChunkedDataset dataset, TensorInfo info) {
    this.file = file;
    this.path = path;
    this.dataset = dataset;
    this.dimensions = info.shape().stream().mapToLong(Long::longValue).toArray();
    this.elementBytes = info.type().bytes();
    List<Integer> pipeline = file.filters(dataset);
    int[] claimed = dataset.getChunkDimensions();
    this.chunk = Arrays.copyOf(claimed, dimensions.length);
    if (dimensions.length == 0
        || claimed.length < dimensions.length
        || Arrays.stream(chunk).anyMatch(side -> side < 1)) {
      throw fault("has chunks of the impossible shape %s", Arrays.toString(claimed));
    }
    this.grid = new long[chunk.length];
    long perChunk = elementBytes;
    for (int i = 0; i < chunk.length; i++) {
      perChunk = Math.multiplyExact(perChunk, (long) chunk[i]);
      grid[i] = (dimensions[i] - 1) / chunk[i] + 1;
    }
    if (perChunk > MAX_CHUNK_BYTES) {
      throw fault("has chunks that take more than %s bytes to decode", MAX_CHUNK_BYTES);
    }
    this.chunkBytes = (int) perChunk;
    this.filters = new Hdf5Filters(file, path, pipeline, chunkBytes, elementBytes);
    if (info.byteCount() / filters.mostInflation() > file.size()) {
      throw fault("claims more bytes than the whole file can hold");
    }
  }

  @Override
  public void read(long byteOffset, ByteBuffer destination) {
    Range range = new Range(byteOffset, destination.slice());
    long row = dimensions[dimensions.length - 1] * elementBytes;
    if (destination.remaining() > row || dimensions.length == 1) {
      readChunks(range);
    } else {
      readRow(range);
    }
    destination.position(destination.limit());
  }

  /** A range of the dataset's bytes, and the place for them. */
  private record Range(long start, ByteBuffer destination) {

    long end() {
      return start + destination.limit();
    }

    /** Copies what lies within this range of a run of bytes that begins at {@code offset}. */
    void copy(long offset, byte[] values, int from, int count) {
      long first = Math.max(start, offset);
      long last = Math.min(end(), offset + count);
      if (first < last) {
        int skipped = (int) (first - offset);
        destination.put((int) (first - start), values, from + skipped, (int) (last - first));
      }
    }
  }

  /** Copies each chunk that has a part in the range. The chunks are decoded in parallel. */
  private void readChunks(Range range) {
    long slabBytes = (long) chunk[0] * elementBytes;
    long slabChunks = 1;
    for (int i = 1; i < chunk.length; i++) {
      slabBytes = Math.multiplyExact(slabBytes, dimensions[i]);
      slabChunks = Math.multiplyExact(slabChunks, grid[i]);
    }
    long firstSlab = range.start() / slabBytes;
    long lastSlab = (range.end() - 1) / slabBytes;
    long first = Math.multiplyExact(firstSlab, slabChunks);
    long end = Math.multiplyExact(lastSlab + 1, slabChunks);
    long runs =
        Math.min(end - first, RUNS_PER_PROCESSOR * Runtime.getRuntime().availableProcessors());
    LongStream.range(0, runs)
        .parallel()
        .forEach(
            run -> {
              try (Hdf5Filters.Scratch scratch = new Hdf5Filters.Scratch()) {
                for (long index = first + run; index < end; index += runs) {
                  copyChunk(index, range, scratch);
                }
              }
            });
  }

  private void copyChunk(long index, Range range, Hdf5Filters.Scratch scratch) {
    int axes = chunk.length;
    long[] origin = new long[axes];
    int[] size = new int[axes];
    long rest = index;
    for (int i = axes - 1; i >= 0; i--) {
      origin[i] = rest % grid[i] * chunk[i];
      rest /= grid[i];
      size[i] = (int) Math.min(chunk[i], dimensions[i] - origin[i]);
    }
    int[] last = new int[axes];
    for (int i = 0; i < axes; i++) {
      last[i] = size[i] - 1;
    }
    long first = position(origin, new int[axes]);
    long end = position(origin, last) + elementBytes;
    if (end <= range.start() || first >= range.end()) {
      return;
    }
    // A chunk that is taken as a whole is not needed again soon.
    boolean whole = first >= range.start() && end <= range.end();
    byte[] values = whole ? decoded(origin, scratch) : values(index, origin);
    int rowBytes = size[axes - 1] * elementBytes;
    long rowStep = dimensions[axes - 1] * elementBytes;
    int rowFromStep = chunk[axes - 1] * elementBytes;
    int rows = axes == 1 ? 1 : size[axes - 2];
    int[] at = new int[axes];
    long target = first;
    int from = 0;
    int axis;
    do {
      for (int row = 0; row < rows; row++) {
        range.copy(target + row * rowStep, values, from + row * rowFromStep, rowBytes);
      }
      long targetStep = axes == 1 ? 0 : rowStep * dimensions[axes - 2];
      int fromStep = axes == 1 ? 0 : rowFromStep * chunk[axes - 2];
      for (axis = axes - 3; axis >= 0; axis--) {
        target += targetStep;
        from += fromStep;
        if (++at[axis] < size[axis]) {
          break;
        }
        at[axis] = 0;
        target -= targetStep * size[axis];
        from -= fromStep * size[axis];
        targetStep *= dimensions[axis];
        fromStep *= chunk[axis];
      }
    } while (axis >= 0);
  }

  /** Returns the position in the dataset, in bytes, of an element of a chunk. */
  private long position(long[] origin, int[] at) {
    long element = 0;
    for (int i = 0; i < at.length; i++) {
      element = element * dimensions[i] + origin[i] + at[i];
    }
    return element * elementBytes;
  }

  /** Reads a range that is not longer than a row of the last axis, so that it is in two at most. */
  private void readRow(Range range) {
    int last = chunk.length - 1;
    long rowBytes = dimensions[last] * elementBytes;
    long[] origin = new long[chunk.length];
    long next = range.start();
    while (next < range.end()) {
      long rest = next / rowBytes;
      long rowStart = rest * rowBytes;
      int inChunk = 0;
      int stride = chunk[last];
      for (int i = last - 1; i >= 0; i--) {
        long at = rest % dimensions[i];
        rest /= dimensions[i];
        origin[i] = at - at % chunk[i];
        inChunk += (int) (at % chunk[i]) * stride;
        stride *= chunk[i];
      }
      long column = (next - rowStart) / elementBytes;
      origin[last] = column - column % chunk[last];
      long index = 0;
      for (int i = 0; i <= last; i++) {
        index = index * grid[i] + origin[i] / chunk[i];
      }
      int columns = (int) Math.min(chunk[last], dimensions[last] - origin[last]);
      long start = rowStart + origin[last] * elementBytes;
      range.copy(start, values(index, origin), inChunk * elementBytes, columns * elementBytes);
      next = start + (long) columns * elementBytes;
    }
  }

  private byte[] values(long index, long[] origin) {
    return file.chunks()
        .get(
            this,
            index,
            chunkBytes,
            () -> {
              try (Hdf5Filters.Scratch scratch = new Hdf5Filters.Scratch()) {
                return decoded(origin, scratch);
              }
            });
  }

  private byte[] decoded(long[] origin, Hdf5Filters.Scratch scratch) {
    int[] offset = new int[origin.length];
    for (int i = 0; i < offset.length; i++) {
      offset[i] = Math.toIntExact(origin[i]);
    }
    return file.guarded(() -> filters.decode(dataset.getRawChunkBuffer(offset), scratch));
  }

  @SuppressWarnings("AnnotateFormatMethod") // The annotation is not among the dependencies.
  private WeightsException fault(String reason, Object... values) {
    return file.malformed("%s %s", quote(path), String.format(reason, values));
  }
}

package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorReads.ElementBytes;
import io.jhdf.api.dataset.ChunkedDataset;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The elements of a dataset that is stored in chunks, which may be shuffled and deflated. Decodes
 * one slab at a time: all chunks at one index of the first dimension. Keeps the last slab, because
 * readers continue where they stopped.
 */
final class Hdf5Chunks implements ElementBytes {

  private static final int DEFLATE = 1;
  private static final int SHUFFLE = 2;

  private static final Set<List<Integer>> KNOWN_PIPELINES =
      Set.of(List.of(), List.of(DEFLATE), List.of(SHUFFLE), List.of(SHUFFLE, DEFLATE));

  /** The most bytes that one byte inflates to: a match of 258 bytes takes at least two bits. */
  private static final int MOST_INFLATION = 1032;

  private static final long MAX_SLAB_BYTES = 64 << 20;

  private final Hdf5File file;
  private final String path;
  private final ChunkedDataset dataset;
  private final int[] chunk;
  private final long[] dimensions;
  private final int elementBytes;
  private final boolean deflated;
  private final boolean shuffled;
  private final int chunkBytes;
  private final int slabBytes;
  private byte[] slab;
  private long slabIndex = -1;

  Hdf5Chunks(Hdf5File file, String path, ChunkedDataset dataset, TensorInfo info) {
    this.file = file;
    this.path = path;
    this.dataset = dataset;
    this.dimensions = info.shape().stream().mapToLong(Long::longValue).toArray();
    this.elementBytes = info.type().bytes();
    List<Integer> filters = dataset.getFilters().stream().map(filter -> filter.getId()).toList();
    if (!KNOWN_PIPELINES.contains(filters)) {
      throw fault("has the filters %s; known are shuffle (2) and deflate (1)", filters);
    }
    this.deflated = filters.contains(DEFLATE);
    this.shuffled = filters.contains(SHUFFLE);
    int[] claimed = dataset.getChunkDimensions();
    this.chunk = Arrays.copyOf(claimed, dimensions.length);
    if (claimed.length < dimensions.length || Arrays.stream(chunk).anyMatch(side -> side < 1)) {
      throw fault("has chunks of the impossible shape %s", Arrays.toString(claimed));
    }
    long perSlab = (long) chunk[0] * elementBytes;
    long perChunk = perSlab;
    for (int i = 1; i < chunk.length; i++) {
      perSlab = Math.multiplyExact(perSlab, dimensions[i]);
      perChunk = Math.multiplyExact(perChunk, (long) chunk[i]);
    }
    if (perSlab > MAX_SLAB_BYTES || perChunk > MAX_SLAB_BYTES) {
      throw fault("has chunks that take more than %s bytes to decode", MAX_SLAB_BYTES);
    }
    if (info.byteCount() / (deflated ? MOST_INFLATION : 1) > file.size()) {
      throw fault("claims more bytes than the whole file can hold");
    }
    this.chunkBytes = (int) perChunk;
    this.slabBytes = (int) perSlab;
  }

  @Override
  public synchronized void read(long byteOffset, ByteBuffer destination) {
    long next = byteOffset;
    while (destination.hasRemaining()) {
      long index = next / slabBytes;
      if (index != slabIndex) {
        decode(index);
      }
      int from = (int) (next % slabBytes);
      int count = Math.min(destination.remaining(), slabBytes - from);
      destination.put(slab, from, count);
      next += count;
    }
  }

  private void decode(long index) {
    slabIndex = -1;
    if (slab == null) {
      slab = new byte[slabBytes];
    }
    int[] offset = new int[chunk.length];
    offset[0] = Math.toIntExact(index * chunk[0]);
    do {
      byte[] values = file.guarded(() -> decoded(dataset.getRawChunkBuffer(offset)));
      copyRows(values, offset);
    } while (next(offset));
    slabIndex = index;
  }

  /** Moves to the next chunk of the slab. The last dimension changes fastest. */
  private boolean next(int[] offset) {
    for (int i = offset.length - 1; i > 0; i--) {
      offset[i] += chunk[i];
      if (offset[i] < dimensions[i]) {
        return true;
      }
      offset[i] = 0;
    }
    return false;
  }

  /** Copies the part of a chunk that lies within the dataset, row by row of the last dimension. */
  private void copyRows(byte[] values, int[] offset) {
    int last = chunk.length - 1;
    int rowElements = (int) Math.min(chunk[last], dimensions[last] - offset[last]);
    int rows = chunkBytes / elementBytes / chunk[last];
    int[] at = new int[chunk.length];
    for (int row = 0; row < rows; row++) {
      int rest = row;
      for (int i = last - 1; i >= 0; i--) {
        at[i] = rest % chunk[i];
        rest /= chunk[i];
      }
      boolean inside = true;
      long target = 0;
      for (int i = 0; i <= last; i++) {
        inside &= offset[i] + (long) at[i] < dimensions[i];
        long position = at[i] + (i == 0 ? 0L : offset[i]);
        target = target * (i == 0 ? 1 : dimensions[i]) + position;
      }
      if (inside) {
        System.arraycopy(
            values,
            row * chunk[last] * elementBytes,
            slab,
            (int) target * elementBytes,
            rowElements * elementBytes);
      }
    }
  }

  private byte[] decoded(ByteBuffer raw) {
    byte[] values = new byte[chunkBytes];
    if (deflated) {
      inflate(raw, values);
    } else if (raw.remaining() == chunkBytes) {
      raw.get(values);
    } else {
      throw fault("has a chunk of %s bytes, not %s", raw.remaining(), chunkBytes);
    }
    return shuffled ? unshuffled(values) : values;
  }

  private void inflate(ByteBuffer raw, byte[] values) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(raw);
      int count = 0;
      while (count < values.length) {
        int more = inflater.inflate(values, count, values.length - count);
        if (more == 0) {
          throw fault("has a compressed chunk that ends early");
        }
        count += more;
      }
      if (inflater.inflate(new byte[1]) != 0) {
        throw fault("has a compressed chunk that is too long");
      }
    } catch (DataFormatException e) {
      throw file.malformed(e, "%s has a damaged chunk", quote(path));
    } finally {
      inflater.end();
    }
  }

  private byte[] unshuffled(byte[] values) {
    byte[] elements = new byte[values.length];
    int count = values.length / elementBytes;
    for (int b = 0; b < elementBytes; b++) {
      for (int i = 0; i < count; i++) {
        elements[i * elementBytes + b] = values[b * count + i];
      }
    }
    return elements;
  }

  @SuppressWarnings("AnnotateFormatMethod") // The annotation is not among the dependencies.
  private WeightsException fault(String reason, Object... values) {
    return file.malformed("%s %s", quote(path), String.format(reason, values));
  }
}

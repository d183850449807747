package io.graft.weights;

import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.weights.keras.TensorView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Presents the tensors of a file under torchvision's names and in torchvision's layouts.
 *
 * <p>Reordered tensors are transposed directly into the destination, by all processors. This is
 * fastest for whole outputs, because each byte of the file is then read only once.
 */
final class MappedTensors implements TensorSource {

  /**
   * The number of elements of an output that are copied at once. They take 256 bytes, so that whole
   * cache lines are written.
   */
  private static final int TILE_ROWS = 64;

  /**
   * The number of outputs in a tile, which take 2 KiB of a row of the file. A tile takes 128 KiB.
   * Two copies of it stay in a second-level cache, and it touches no more pages than a translation
   * buffer holds. The tiles of some outputs are copied before those of the next ones, so that a
   * source that decodes needs to keep only the chunks of these outputs.
   */
  private static final int TILE_OUTPUTS = 512;

  /**
   * The padding of each row of a tile. If rows were a power of two apart, the elements of one
   * output would compete for a few sets of the first-level cache.
   */
  private static final int TILE_PADDING = 16;

  /** The smallest page that operating systems have: 4 KiB. */
  private static final int PAGE_ELEMENTS = 1024;

  private final TensorSource source;
  private final Map<String, TensorView> views;
  private final Map<String, TensorInfo> tensors;

  /**
   * Creates a view of a source.
   *
   * @param source the source, which has each view's tensor in its source shape; closed with this
   */
  MappedTensors(Map<String, TensorView> views, TensorSource source) {
    this.source = source;
    this.views = views;
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    views.forEach(
        (name, view) ->
            infos.put(
                name,
                new TensorInfo(
                    name,
                    source.tensors().get(view.source()).type(),
                    Arrays.stream(view.shape().getShape()).boxed().toList())));
    this.tensors = Collections.unmodifiableMap(infos);
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public void readFloat32(String name, long firstElement, ByteBuffer destination) {
    TensorView view = views.get(name);
    if (view == null) {
      throw new WeightsException(String.format("No tensor '%s' in %s.", name, description()));
    }
    if (view.order() == null) {
      int start = destination.position();
      source.readFloat32(view.source(), firstElement, destination);
      add(view.addend(), destination, start);
    } else {
      readReordered(view, firstElement, destination);
    }
  }

  private static void add(float addend, ByteBuffer values, int start) {
    if (addend != 0) {
      values.order(ByteOrder.LITTLE_ENDIAN);
      for (int i = start; i < values.limit(); i += Float.BYTES) {
        values.putFloat(i, values.getFloat(i) + addend);
      }
    }
  }

  /** Splits a range into rectangles: partial outputs at its ends, and whole outputs between. */
  private void readReordered(TensorView view, long firstElement, ByteBuffer destination) {
    FloatBuffer values = destination.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    long rowElements = view.order().rowElements();
    Objects.checkFromIndexSize(firstElement, values.limit(), view.shape().size());
    touch(values);
    int at = 0;
    while (at < values.limit()) {
      long next = firstElement + at;
      int left = values.limit() - at;
      int element = Math.toIntExact(next % rowElements);
      int outputs = element == 0 ? (int) (left / rowElements) : 0;
      int elements = (int) Math.min(rowElements - element, left);
      int count = Math.max(1, outputs) * elements;
      new Rectangle(source, next / rowElements, Math.max(1, outputs), element, elements)
          .transpose(view, values.slice(at, count));
      at += count;
    }
    destination.position(destination.limit());
  }

  /**
   * Makes the operating system allocate the pages of the destination in order. Tiles would touch
   * them at random, which takes longer than the transpose.
   */
  private static void touch(FloatBuffer values) {
    int pages = (values.limit() + PAGE_ELEMENTS - 1) / PAGE_ELEMENTS;
    IntStream.range(0, pages).parallel().forEach(page -> values.put(page * PAGE_ELEMENTS, 0));
  }

  /** A range of elements of a range of outputs, in the network's order: output by output. */
  private record Rectangle(
      TensorSource source, long firstOutput, int outputs, int firstElement, int elements) {

    void transpose(TensorView view, FloatBuffer destination) {
      int down = (elements + TILE_ROWS - 1) / TILE_ROWS;
      int across = (outputs + TILE_OUTPUTS - 1) / TILE_OUTPUTS;
      int tiles = Math.multiplyExact(down, across);
      int workers = Math.min(tiles, Runtime.getRuntime().availableProcessors());
      AtomicInteger next = new AtomicInteger();
      IntStream.range(0, workers)
          .parallel()
          .forEach(
              worker -> {
                Tile tile = new Tile(Math.min(outputs, TILE_OUTPUTS));
                for (int i = next.getAndIncrement(); i < tiles; i = next.getAndIncrement()) {
                  copy(view, tile, i % down * TILE_ROWS, i / down * TILE_OUTPUTS, destination);
                }
              });
    }

    /** Copies the tile at {@code row} and {@code column}, both counted within this rectangle. */
    private void copy(TensorView view, Tile tile, int row, int column, FloatBuffer destination) {
      TensorView.Order order = view.order();
      int height = Math.min(TILE_ROWS, elements - row);
      int width = Math.min(TILE_OUTPUTS, outputs - column);
      for (int i = 0; i < height; i++) {
        long sourceRow = order.sourceRow(firstElement + row + i);
        tile.bytes.clear().limit(width * Float.BYTES);
        source.readFloat32(
            view.source(), sourceRow * order.outputs() + firstOutput + column, tile.bytes);
        tile.floats.get(0, tile.values, i * tile.stride, width);
      }
      for (int output = 0; output < width; output++) {
        for (int i = 0; i < height; i++) {
          tile.column[i] = tile.values[i * tile.stride + output];
        }
        destination.put((column + output) * elements + row, tile.column, 0, height);
      }
    }
  }

  /** The buffers for a tile, for one of its rows as in the file, and for one of its columns. */
  private static final class Tile {

    private final int stride;
    private final ByteBuffer bytes;
    private final FloatBuffer floats;
    private final float[] values;
    private final float[] column = new float[TILE_ROWS];

    Tile(int width) {
      stride = width + TILE_PADDING;
      bytes = ByteBuffer.allocateDirect(width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      floats = bytes.asFloatBuffer();
      values = new float[TILE_ROWS * stride];
    }
  }

  @Override
  public Optional<String> version() {
    return source.version();
  }

  @Override
  public String description() {
    return source.description();
  }

  @Override
  public void close() {
    source.close();
  }
}

package io.graft.nn;

import io.graft.runtime.WeightsException;
import io.graft.weights.TensorInfo;
import io.graft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Tensors of another program's file under torchvision's names and in torchvision's layouts.
 *
 * <p>A reordered tensor is transposed a block of outputs at a time. The last block is kept, because
 * readers go on where they stopped; it takes 32 MiB at most, as long as one output's weights do.
 */
final class MappedTensors implements TensorSource {

  private static final int MAX_BLOCK_ELEMENTS = 8 << 20;

  /** Elements of a row that are gathered at once: the strip of a task stays in its cache. */
  private static final int STRIP_ROWS = 64;

  private final TensorSource source;
  private final Map<String, TensorView> views;
  private final Map<String, TensorInfo> tensors;
  private float[] block = {};
  private String blockName = "";
  private long blockFirst;
  private int blockElements;

  /**
   * Tensors by torchvision name.
   *
   * @param source holds every view's tensor in its shape; closed with this
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
      throw new WeightsException("No tensor '" + name + "' in " + description() + ".");
    }
    if (view.order() == null) {
      int start = destination.position();
      source.readFloat32(view.source(), firstElement, destination);
      add(view.addend(), destination, start);
    } else {
      readReordered(name, view, firstElement, destination);
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

  private synchronized void readReordered(
      String name, TensorView view, long firstElement, ByteBuffer destination) {
    FloatBuffer values = destination.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    long next = firstElement;
    while (values.hasRemaining()) {
      boolean kept =
          name.equals(blockName) && next >= blockFirst && next < blockFirst + blockElements;
      if (!kept) {
        fill(name, view, next);
      }
      int from = (int) (next - blockFirst);
      int count = Math.min(values.remaining(), blockElements - from);
      values.put(block, from, count);
      next += count;
    }
    destination.position(destination.limit());
  }

  /** Transposes the block of outputs that the element belongs to. */
  private void fill(String name, TensorView view, long element) {
    TensorView.Order order = view.order();
    int rowElements = Math.toIntExact(order.rowElements());
    int outputsPerBlock = Math.max(1, MAX_BLOCK_ELEMENTS / rowElements);
    long firstOutput = element / rowElements / outputsPerBlock * outputsPerBlock;
    int outputs = (int) Math.min(outputsPerBlock, order.outputs() - firstOutput);
    blockName = "";
    blockElements = Math.multiplyExact(outputs, rowElements);
    if (block.length < blockElements) {
      block = new float[blockElements];
    }
    int strips = (rowElements + STRIP_ROWS - 1) / STRIP_ROWS;
    int workers = Math.min(strips, Runtime.getRuntime().availableProcessors());
    IntStream.range(0, workers)
        .parallel()
        .forEach(
            worker -> {
              Strip strip = new Strip(outputs);
              for (int i = worker; i < strips; i += workers) {
                transpose(view, firstOutput, outputs, i * STRIP_ROWS, rowElements, strip);
              }
            });
    blockFirst = firstOutput * rowElements;
    blockName = name;
  }

  private void transpose(
      TensorView view,
      long firstOutput,
      int outputs,
      int firstElement,
      int rowElements,
      Strip strip) {
    TensorView.Order order = view.order();
    int count = Math.min(STRIP_ROWS, rowElements - firstElement);
    strip.bytes.clear();
    for (int i = 0; i < count; i++) {
      strip.bytes.limit((i + 1) * outputs * Float.BYTES);
      source.readFloat32(
          view.source(),
          order.sourceRow(firstElement + i) * order.outputs() + firstOutput,
          strip.bytes);
    }
    float[] values = strip.values;
    strip.bytes.flip().asFloatBuffer().get(values, 0, count * outputs);
    for (int output = 0; output < outputs; output++) {
      int at = output * rowElements + firstElement;
      for (int i = 0; i < count; i++) {
        block[at + i] = values[i * outputs + output];
      }
    }
  }

  /** Room for some rows of the file, of as many outputs as a block has. */
  private static final class Strip {
    private final ByteBuffer bytes;
    private final float[] values;

    Strip(int outputs) {
      int elements = Math.multiplyExact(outputs, STRIP_ROWS);
      bytes =
          ByteBuffer.allocateDirect(Math.multiplyExact(elements, Float.BYTES))
              .order(ByteOrder.LITTLE_ENDIAN);
      values = new float[elements];
    }
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

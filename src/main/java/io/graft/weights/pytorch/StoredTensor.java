package io.graft.weights.pytorch;

import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorReads;
import io.graft.tensors.TensorSource;
import io.graft.weights.pytorch.Pickled.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tensor whose elements are in a file.
 *
 * @param info the name, element type and shape of the tensor
 * @param view the elements of the storage that form the tensor
 * @param storageOffset the position in the file of the storage's first byte
 */
record StoredTensor(TensorInfo info, Tensor view, long storageOffset) {

  private static final int SEGMENT_SHIFT = 30;

  /**
   * Returns the tensors together with the positions of their storages.
   *
   * @param storageOffsets the position of each storage in the file, by its key
   */
  static Map<String, StoredTensor> place(
      Map<String, Tensor> tensors, Map<String, Long> storageOffsets) {
    Map<String, StoredTensor> placed = new LinkedHashMap<>();
    tensors.forEach(
        (name, view) -> {
          TensorInfo info = new TensorInfo(name, view.storage().type(), view.shape());
          long root = storageOffsets.get(view.storage().key());
          long start = root + view.storage().viewStart() * info.type().bytes();
          placed.put(name, new StoredTensor(info, view, start));
        });
    return placed;
  }

  /** Reads elements like {@link TensorSource#readFloat32}, without checking the range. */
  void readFloat32(FileChannel channel, long firstElement, ByteBuffer destination)
      throws IOException {
    if (!destination.hasRemaining()) {
      return;
    }
    if (isContiguous()) {
      TensorReads.readFloat32(
          info.type(),
          view.offset() + firstElement,
          destination,
          (offset, raw) -> TensorReads.readFully(channel, storageOffset + offset, raw));
    } else {
      List<ByteBuffer> segments = map(channel);
      TensorReads.readFloat32(
          info.type(),
          firstElement,
          destination,
          (offset, raw) -> gather(segments, offset / info.type().bytes(), raw));
    }
  }

  private boolean isContiguous() {
    long expected = 1;
    for (int axis = view.shape().size() - 1; axis >= 0; axis--) {
      long size = view.shape().get(axis);
      if (size != 1 && view.strides().get(axis) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }

  /**
   * Maps the bytes of the tensor, because reading unordered elements one by one is slow. Each
   * segment holds 1 GiB and the first bytes of the next segment, so that no element is split.
   */
  private List<ByteBuffer> map(FileChannel channel) throws IOException {
    long elements = 1;
    for (int axis = 0; axis < view.shape().size(); axis++) {
      elements += (view.shape().get(axis) - 1) * view.strides().get(axis);
    }
    long start = storageOffset + view.offset() * info.type().bytes();
    long bytes = elements * info.type().bytes();
    if (start + bytes > channel.size()) {
      throw new EOFException("the file became shorter after it was opened");
    }
    List<ByteBuffer> segments = new ArrayList<>();
    for (long at = 0; at < bytes; at += 1L << SEGMENT_SHIFT) {
      long size = Math.min(bytes - at, (1L << SEGMENT_SHIFT) + Long.BYTES);
      MappedByteBuffer segment = channel.map(FileChannel.MapMode.READ_ONLY, start + at, size);
      segments.add(segment.order(ByteOrder.LITTLE_ENDIAN));
    }
    return segments;
  }

  private void gather(List<ByteBuffer> segments, long firstElement, ByteBuffer raw) {
    int bytes = info.type().bytes();
    int axes = view.shape().size();
    long[] index = new long[axes];
    long element = 0;
    long rest = firstElement;
    for (int axis = axes - 1; axis >= 0; axis--) {
      index[axis] = rest % view.shape().get(axis);
      rest /= view.shape().get(axis);
      element += index[axis] * view.strides().get(axis);
    }
    while (raw.hasRemaining()) {
      long at = element * bytes;
      ByteBuffer segment = segments.get((int) (at >> SEGMENT_SHIFT));
      int within = (int) (at & (1L << SEGMENT_SHIFT) - 1);
      switch (bytes) {
        case 2 -> raw.putShort(segment.getShort(within));
        case 4 -> raw.putInt(segment.getInt(within));
        default -> raw.putLong(segment.getLong(within));
      }
      int axis = axes - 1;
      while (axis >= 0 && ++index[axis] == view.shape().get(axis)) {
        index[axis] = 0;
        element -= (view.shape().get(axis) - 1) * view.strides().get(axis);
        axis--;
      }
      if (axis >= 0) {
        element += view.strides().get(axis);
      }
    }
  }
}

package io.graft.weights.keras;

import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorType;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.dataset.CompactDataset;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A dataset of an HDF5 file: a little-endian array of numbers.
 *
 * @param type the element type
 * @param shape the dimensions, outermost first
 * @param bytes where the elements are, row-major
 */
record Hdf5Dataset(TensorType type, List<Long> shape, Bytes bytes) {

  /** The elements of a dataset as one run of bytes. */
  interface Bytes {

    /** Fills the buffer from that byte on, counted from the dataset's first one. */
    void read(long byteOffset, ByteBuffer destination);
  }

  /** Size in bytes, exponent bits, mantissa bits and bias of IEEE 754's types. */
  private static final Map<List<Integer>, TensorType> FLOATS =
      Map.of(
          List.of(2, 5, 10, 15), TensorType.F16,
          List.of(4, 8, 23, 127), TensorType.F32,
          List.of(8, 11, 52, 1023), TensorType.F64);

  /** Checks a dataset's type, extent and place in its file. */
  static Hdf5Dataset of(Hdf5File file, String path, Dataset dataset) {
    TensorType type = type(file, path, dataset.getDataType());
    List<Long> shape = Arrays.stream(dataset.getDimensionsAsLong()).boxed().toList();
    if (shape.stream().anyMatch(dimension -> dimension < 0)) {
      throw file.malformed(quote(path) + " has the impossible shape " + shape, null);
    }
    TensorInfo info = new TensorInfo(path, type, shape);
    long byteCount;
    try {
      byteCount = info.byteCount();
    } catch (ArithmeticException e) {
      throw file.malformed(quote(path) + " has more than 2^63 bytes", e);
    }
    return new Hdf5Dataset(type, shape, bytes(file, path, dataset, info, byteCount));
  }

  private static Bytes bytes(
      Hdf5File file, String path, Dataset dataset, TensorInfo info, long byteCount) {
    if (byteCount == 0) {
      return (offset, destination) -> {};
    }
    if (dataset instanceof ContiguousDataset contiguous) {
      long address = contiguous.getDataAddress();
      if (address < 0 || byteCount > file.size() || address > file.size() - byteCount) {
        throw file.malformed(
            quote(path) + " of " + byteCount + " bytes does not lie within the file", null);
      }
      return (offset, destination) -> file.read(address + offset, destination);
    } else if (dataset instanceof CompactDataset compact) {
      ByteBuffer values = compact.getDataBuffer().slice();
      if (values.remaining() < byteCount) {
        throw file.malformed(quote(path) + " holds fewer bytes than its shape needs", null);
      }
      return (offset, destination) ->
          destination.put(values.slice(Math.toIntExact(offset), destination.remaining()));
    } else if (dataset instanceof ChunkedDataset chunked) {
      return Hdf5Chunks.of(file, path, chunked, info);
    }
    throw file.malformed(quote(path) + " is stored in an unknown way", null);
  }

  private static TensorType type(Hdf5File file, String path, DataType type) {
    if (type instanceof FloatingPoint floating
        && floating.getByteOrder() == ByteOrder.LITTLE_ENDIAN) {
      TensorType found =
          FLOATS.get(
              List.of(
                  floating.getSize(),
                  (int) floating.getExponentSize(),
                  (int) floating.getMantissaSize(),
                  floating.getExponentBias()));
      if (found != null) {
        return found;
      }
    } else if (type instanceof FixedPoint fixed
        && fixed.getByteOrder() == ByteOrder.LITTLE_ENDIAN
        && List.of(1, 2, 4, 8).contains(fixed.getSize())) {
      return TensorType.valueOf((fixed.isSigned() ? "I" : "U") + fixed.getSize() * 8);
    }
    throw file.malformed(
        quote(path)
            + " has elements of class "
            + type.getDataClass()
            + " and "
            + type.getSize()
            + " bytes where little-endian float16, float32 or float64 is expected",
        null);
  }

  private static String quote(String path) {
    return "'" + Hdf5File.shortened(path) + "'";
  }
}

package io.graft.weights.keras;

import static io.graft.tensors.MalformedCheckpointException.quote;

import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorReads.ElementBytes;
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
 * A dataset of an HDF5 file: an array of numbers.
 *
 * @param type the element type
 * @param shape the dimensions, outermost first
 * @param bytes the elements in row-major order, little-endian whatever their order in the file
 */
record Hdf5Dataset(TensorType type, List<Long> shape, ElementBytes bytes) {

  /** The IEEE 754 types by size in bytes, exponent bits, mantissa bits and bias. */
  private static final Map<List<Integer>, TensorType> FLOATS =
      Map.of(
          List.of(2, 5, 10, 15), TensorType.F16,
          List.of(4, 8, 23, 127), TensorType.F32,
          List.of(8, 11, 52, 1023), TensorType.F64);

  /**
   * Checks the type, the extent and the position in the file of one dataset.
   *
   * @param path the path of the dataset, one of {@link Hdf5File#paths}
   */
  static Hdf5Dataset of(Hdf5File file, String path) {
    return file.guarded(() -> checked(file, path, file.dataset(path)));
  }

  private static Hdf5Dataset checked(Hdf5File file, String path, Dataset dataset) {
    TensorType type = type(file, path, dataset.getDataType());
    List<Long> shape = Arrays.stream(dataset.getDimensionsAsLong()).boxed().toList();
    if (shape.stream().anyMatch(dimension -> dimension < 0)) {
      throw file.malformed("%s has the impossible shape %s", quote(path), shape);
    }
    TensorInfo info = new TensorInfo(path, type, shape);
    long byteCount;
    try {
      byteCount = info.byteCount();
    } catch (ArithmeticException e) {
      throw file.malformed(e, "%s has more than 2^63 bytes", quote(path));
    }
    ElementBytes bytes = bytes(file, path, dataset, info, byteCount);
    return new Hdf5Dataset(
        type, shape, isBigEndian(dataset.getDataType()) ? swapped(bytes, type.bytes()) : bytes);
  }

  private static boolean isBigEndian(DataType type) {
    ByteOrder order =
        type instanceof FloatingPoint floating
            ? floating.getByteOrder()
            : ((FixedPoint) type).getByteOrder();
    return order == ByteOrder.BIG_ENDIAN;
  }

  /** Returns the bytes of each element in the opposite order. */
  private static ElementBytes swapped(ElementBytes bytes, int elementBytes) {
    return (offset, destination) -> {
      ByteBuffer values = destination.slice();
      bytes.read(offset, destination);
      for (int start = 0; start < values.limit(); start += elementBytes) {
        for (int i = start, j = start + elementBytes - 1; i < j; i++, j--) {
          byte first = values.get(i);
          values.put(i, values.get(j)).put(j, first);
        }
      }
    };
  }

  private static ElementBytes bytes(
      Hdf5File file, String path, Dataset dataset, TensorInfo info, long byteCount) {
    if (byteCount == 0) {
      return (offset, destination) -> {};
    }
    if (dataset instanceof ContiguousDataset contiguous) {
      long address = contiguous.getDataAddress();
      if (address < 0 || byteCount > file.size() || address > file.size() - byteCount) {
        throw file.malformed("%s of %s bytes does not lie within the file", quote(path), byteCount);
      }
      return (offset, destination) -> file.read(address + offset, destination);
    } else if (dataset instanceof CompactDataset compact) {
      ByteBuffer values = compact.getDataBuffer().slice();
      if (values.remaining() < byteCount) {
        throw file.malformed("%s holds fewer bytes than its shape needs", quote(path));
      }
      return (offset, destination) ->
          destination.put(values.slice(Math.toIntExact(offset), destination.remaining()));
    } else if (dataset instanceof ChunkedDataset chunked) {
      return new Hdf5Chunks(file, path, chunked, info);
    }
    throw file.malformed("%s is stored in an unknown way", quote(path));
  }

  private static TensorType type(Hdf5File file, String path, DataType type) {
    if (type instanceof FloatingPoint floating
        && (floating.getByteOrder() == ByteOrder.LITTLE_ENDIAN
            || floating.getByteOrder() == ByteOrder.BIG_ENDIAN)) {
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
    } else if (type instanceof FixedPoint fixed && List.of(1, 2, 4, 8).contains(fixed.getSize())) {
      return TensorType.valueOf((fixed.isSigned() ? "I" : "U") + fixed.getSize() * 8);
    }
    throw file.malformed(
        "%s has elements of class %s and %s bytes where float16, float32 or float64 is expected",
        quote(path), type.getDataClass(), type.getSize());
  }
}

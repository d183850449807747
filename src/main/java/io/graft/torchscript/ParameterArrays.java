package io.graft.torchscript;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Copies parameters between files, arrays and digests, without a second copy of any in memory.
 * Arrays in host memory are read and written in place, others in pieces.
 */
public final class ParameterArrays {

  /** 1 GiB, because a Java buffer holds at most 2 GiB. */
  private static final int HOST_ELEMENTS = 256 << 20;

  /** 32 MiB, because a piece is held twice while it is copied to another device. */
  private static final int PIECE_ELEMENTS = 8 << 20;

  private ParameterArrays() {}

  /**
   * Returns a float32 array with the values of a tensor.
   *
   * @param manager owns the array and places it on its device
   * @param name a tensor in {@code weights} with as many elements as the shape
   */
  public static NDArray read(NDManager manager, TensorSource weights, String name, Shape shape) {
    NDArray array = manager.create(shape, DataType.FLOAT32);
    fill(array, weights, name);
    return array;
  }

  /**
   * Fills a float32 array with the values of a tensor.
   *
   * @param name a tensor in {@code weights} with as many elements as the array
   */
  public static void fill(NDArray array, TensorSource weights, String name) {
    long most = pieceElements(array);
    if (isOnHost(array)) {
      forEachPiece(
          array,
          most,
          (first, piece) -> weights.readFloat32(name, first, piece.toByteBuffer(true)));
      return;
    }
    ByteBuffer values =
        ByteBuffer.allocateDirect((int) most * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    forEachPiece(
        array,
        most,
        (first, piece) -> {
          values.clear().limit((int) piece.size() * Float.BYTES);
          weights.readFloat32(name, first, values);
          try (GradientMode changing = GradientMode.off();
              NDArray source =
                  array.getManager().create(values.flip(), piece.getShape(), DataType.FLOAT32)) {
            piece.set(new NDIndex(":"), source);
          }
        });
  }

  /** Takes the pieces of a tensor. */
  @FunctionalInterface
  public interface PieceReader<E extends Exception> {

    /** Takes consecutive elements, float32 in little-endian order; valid until this returns. */
    void accept(ByteBuffer piece) throws E;
  }

  /**
   * Reads a tensor in order, in pieces of whole output channels where one fits. The pieces are in
   * libtorch's memory, which is freed before this returns; a direct buffer would wait for the
   * garbage collector.
   *
   * @param name a tensor in {@code weights} with as many elements as the shape
   */
  public static <E extends Exception> void forEachPiece(
      TensorSource weights, String name, Shape shape, PieceReader<E> action) throws E {
    forEachPiece(weights, name, shape, pieceElements(shape, PIECE_ELEMENTS), action);
  }

  /** Reads a tensor in order, in pieces of at most {@code most} elements. */
  static <E extends Exception> void forEachPiece(
      TensorSource weights, String name, Shape shape, long most, PieceReader<E> action) throws E {
    try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      ByteBuffer piece =
          scratch
              .create(new Shape(most), DataType.FLOAT32)
              .toByteBuffer(true)
              .order(ByteOrder.LITTLE_ENDIAN);
      for (long first = 0; first < shape.size(); first += most) {
        piece.clear().limit((int) Math.min(most, shape.size() - first) * Float.BYTES);
        weights.readFloat32(name, first, piece);
        action.accept(piece.flip());
      }
    }
  }

  /** Adds the bytes of a float32 array to a digest, row-major. */
  public static void addTo(Sha256 digest, NDArray array) {
    readPieces(array, digest::add);
  }

  /** Reads a float32 array in order, in pieces. */
  public static <E extends Exception> void readPieces(NDArray array, PieceReader<E> action)
      throws E {
    forEachPiece(
        array,
        pieceElements(array),
        (first, piece) -> {
          try (NDArray host = piece.toDevice(Device.cpu(), false)) {
            action.accept(host.toByteBuffer(true));
          }
        });
  }

  /** Takes the pieces of an array. */
  @FunctionalInterface
  interface PieceAction<E extends Exception> {

    /** Takes a one-dimensional view of consecutive elements. */
    void accept(long firstElement, NDArray piece) throws E;
  }

  /** Visits an array in order, in pieces of at most {@code pieceElements} elements. */
  static <E extends Exception> void forEachPiece(
      NDArray array, long pieceElements, PieceAction<E> action) throws E {
    try (NDArray flat = array.reshape(-1)) {
      for (long first = 0; first < array.size(); first += pieceElements) {
        long end = Math.min(array.size(), first + pieceElements);
        try (NDArray piece = flat.get(new NDIndex("{}:{}", first, end))) {
          action.accept(first, piece);
        }
      }
    }
  }

  private static long pieceElements(NDArray array) {
    return pieceElements(array.getShape(), isOnHost(array) ? HOST_ELEMENTS : PIECE_ELEMENTS);
  }

  /** Returns as many whole output channels as fit: a source that transposes reads those fastest. */
  static long pieceElements(Shape shape, long most) {
    long output = shape.size() / shape.get(0);
    return output > most ? most : Math.min(shape.size(), most / output * output);
  }

  private static boolean isOnHost(NDArray array) {
    return !array.getDevice().isGpu();
  }
}

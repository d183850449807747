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
import java.util.stream.IntStream;

/**
 * Copies parameters between files, arrays and digests, without a second copy of a whole parameter
 * in memory. Arrays in host memory are read and written in place. Other arrays are copied in
 * pieces.
 */
public final class ParameterArrays {

  /** 256 Mi float32 elements, which is 1 GiB: a Java buffer holds at most 2 GiB. */
  private static final int HOST_ELEMENTS = 256 << 20;

  /** 8 Mi float32 elements, which is 32 MiB: copying to a device holds a piece twice. */
  private static final int PIECE_ELEMENTS = 8 << 20;

  /** The number of dimensions of images and of the weights of a convolution. */
  private static final int IMAGES = 4;

  private static final int PART_BYTES = 2 << 20;

  private ParameterArrays() {}

  /**
   * Returns a float32 array with the values of a tensor.
   *
   * @param manager the manager that owns the array and places it on its device
   * @param name the name of a tensor in {@code weights} that has as many elements as the shape
   */
  public static NDArray read(NDManager manager, TensorSource weights, String name, Shape shape) {
    NDArray array = manager.create(shape, DataType.FLOAT32);
    fillInOrder(array, weights, name);
    return array;
  }

  /**
   * Does the same as {@link #read}, with the weights of a convolution in channels-last order in
   * memory. A convolution whose input has that order then need not convert them in each step.
   */
  public static NDArray readForTraining(
      NDManager manager, TensorSource weights, String name, Shape shape) {
    if (shape.dimension() != IMAGES) {
      return read(manager, weights, name, shape);
    }
    Shape inMemory = new Shape(shape.get(0), shape.get(2), shape.get(3), shape.get(1));
    try (NDArray memory = manager.create(inMemory, DataType.FLOAT32)) {
      NDArray array = memory.transpose(0, 3, 1, 2);
      fill(array, weights, name);
      return array;
    }
  }

  /**
   * Fills a float32 array with the values of a tensor.
   *
   * @param name the name of a tensor in {@code weights} that has as many elements as the array
   */
  public static void fill(NDArray array, TensorSource weights, String name) {
    if (array.getShape().dimension() == IMAGES) {
      // The array may have another order in memory, which only libtorch's copies know.
      try (GradientMode changing = GradientMode.off();
          NDArray source = array.getManager().create(array.getShape(), DataType.FLOAT32)) {
        fillInOrder(source, weights, name);
        array.set(new NDIndex(":"), source);
      }
    } else {
      fillInOrder(array, weights, name);
    }
  }

  private static void fillInOrder(NDArray array, TensorSource weights, String name) {
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

  /** Receives the pieces of a tensor. */
  @FunctionalInterface
  public interface PieceReader<E extends Exception> {

    /** Receives consecutive little-endian float32 elements, valid until this returns. */
    void accept(ByteBuffer piece) throws E;
  }

  /**
   * Reads a tensor in order, in pieces. A piece has whole output channels if at least one fits into
   * it. The pieces are in libtorch's memory, which is freed before this method returns. A direct
   * buffer would stay allocated until the garbage collector frees it.
   *
   * @param name the name of a tensor in {@code weights} that has as many elements as the shape
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

  /**
   * Adds the digests of the parts of a float32 array to a digest. All processors compute them, so
   * this is faster than {@link #addTo}, and the result is another one.
   */
  public static void addPartsTo(Sha256 digest, NDArray array) {
    readPieces(
        array,
        piece ->
            IntStream.rangeClosed(0, (piece.limit() - 1) / PART_BYTES)
                .parallel()
                .mapToObj(part -> digestOfPart(piece, part * PART_BYTES))
                .toList()
                .forEach(part -> digest.add(ByteBuffer.wrap(part))));
  }

  private static byte[] digestOfPart(ByteBuffer piece, int start) {
    int length = Math.min(PART_BYTES, piece.limit() - start);
    return new Sha256().add(piece.slice(start, length)).bytes();
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

  /** Receives the pieces of an array. */
  @FunctionalInterface
  interface PieceAction<E extends Exception> {

    /** Receives consecutive elements as a one-dimensional view. */
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

  /**
   * Returns the number of elements in a piece. They are whole output channels if one fits, because
   * a source that transposes reads those fastest.
   */
  static long pieceElements(Shape shape, long most) {
    long output = shape.size() / shape.get(0);
    return output > most ? most : Math.min(shape.size(), most / output * output);
  }

  private static boolean isOnHost(NDArray array) {
    return !array.getDevice().isGpu();
  }
}

package io.graft.nn;

import ai.djl.ndarray.types.Shape;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorSource;
import io.graft.torchscript.ParameterArrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The SHA-256 over every parameter's name, shape and float32 bytes, in order. Equal digests mean
 * bit-identical parameters, whatever file they came from.
 */
public final class ParameterDigest {

  private ParameterDigest() {}

  /**
   * Computes the digest of a network's parameters.
   *
   * @param weights holds at least the network's parameters
   * @return 64 hexadecimal digits; {@link NetworkBlock#parameterDigest} returns the same after they
   *     are loaded
   */
  public static String of(Network network, TensorSource weights) {
    Sha256 digest = new Sha256();
    network
        .parameterShapes()
        .forEach(
            (name, shape) -> {
              digest.add(header(name, shape));
              ParameterArrays.forEachPiece(weights, name, shape, digest::add);
            });
    return digest.hex();
  }

  /** Returns the line that is digested before a parameter's bytes: {@code fc.weight(5, 3)}. */
  static String header(String name, Shape shape) {
    return LongStream.of(shape.getShape())
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", name + "(", ")\n"));
  }
}

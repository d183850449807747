package io.graft.backbone;

import io.graft.nn.Network;
import io.graft.runtime.Sha256;
import io.graft.weights.TensorSource;
import java.nio.ByteBuffer;

/** The SHA-256 that names the parameters of some layers, whatever file they come from. */
final class WeightDigest {

  /** 4 MiB at a time. */
  private static final int ELEMENTS_PER_PIECE = 1 << 20;

  private WeightDigest() {}

  /**
   * The SHA-256 over every parameter's name, shape and float32 bytes, in order: what {@link
   * io.graft.nn.NetworkBlock#parameterDigest} gives once they are loaded.
   *
   * @param weights holds at least the network's parameters
   * @return 64 hexadecimal digits
   */
  static String of(Network network, TensorSource weights) {
    Sha256 digest = new Sha256();
    ByteBuffer piece = ByteBuffer.allocateDirect(ELEMENTS_PER_PIECE * Float.BYTES);
    network
        .parameterShapes()
        .forEach(
            (name, shape) -> {
              digest.add(name + shape + "\n");
              for (long first = 0; first < shape.size(); first += ELEMENTS_PER_PIECE) {
                long count = Math.min(ELEMENTS_PER_PIECE, shape.size() - first);
                piece.clear().limit((int) count * Float.BYTES);
                weights.readFloat32(name, first, piece);
                digest.add(piece.flip());
              }
            });
    return digest.hex();
  }
}

package io.graft.backbone;

import io.graft.nn.Network;
import io.graft.runtime.Sha256;
import io.graft.tensors.TensorSource;
import io.graft.torchscript.ParameterArrays;

/** The SHA-256 that names the parameters of some layers, whatever file they come from. */
final class WeightDigest {

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
    network
        .parameterShapes()
        .forEach(
            (name, shape) -> {
              digest.add(name + shape + "\n");
              ParameterArrays.forEachPiece(weights, name, shape, digest::add);
            });
    return digest.hex();
  }
}

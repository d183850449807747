package io.graft.backbone;

import io.graft.nn.Network;
import io.graft.nn.WeightCheck;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where the parameters of frozen layers come from. Every load opens the source again, and gets the
 * same parameters.
 *
 * @param supplier opens the source; the caller closes it
 * @param digest the SHA-256 of the parameters
 * @param version the source's version before it was digested
 */
record FrozenWeights(Supplier<TensorSource> supplier, String digest, Optional<String> version) {

  /** Reads the parameters of a network for their digest. */
  static FrozenWeights of(Network network, Supplier<TensorSource> supplier) {
    try (TensorSource source = supplier.get()) {
      Optional<String> version = source.version();
      WeightCheck.requireCovered(network, source);
      return new FrozenWeights(supplier, network.parameterDigest(source), version);
    }
  }

  /**
   * Opens the source, after a check that its parameters are the same. A file that was not changed
   * is not read for this.
   *
   * @throws WeightsException if they have changed
   */
  TensorSource open(Network network) {
    TensorSource source = supplier.get();
    boolean checked = false;
    try {
      if (version.isEmpty() || !version.equals(source.version())) {
        requireSame(network.parameterDigest(source), source);
      }
      checked = true;
      return source;
    } finally {
      if (!checked) {
        source.close();
      }
    }
  }

  private void requireSame(String now, TensorSource source) {
    if (!now.equals(digest)) {
      throw new WeightsException(
          ("%s changed while it was in use: the SHA-256 of its parameters was %s and is %s. Run"
                  + " again.")
              .formatted(source.description(), digest, now));
    }
  }
}

package io.graft;

import io.graft.features.Extraction;
import io.graft.nn.FreezeBoundary;
import io.graft.runtime.InvalidOptionException;
import io.graft.train.Stage;
import java.util.List;
import java.util.Optional;

/**
 * What one stage of a fit trains and on what.
 *
 * @param boundary where the network is cut
 * @param frozen the layers before it
 * @param train what they gave for the training images, open; closed with this
 * @param validation what they gave for the validation images, likewise; empty without
 */
record StageRows(
    Stage stage,
    FreezeBoundary boundary,
    PlannedBackbone.Planned frozen,
    Extraction train,
    Optional<Extraction> validation)
    implements AutoCloseable {

  /** Checks that each stage trains the layers of the one before it. */
  static void requireOpening(List<FreezeBoundary> boundaries) {
    for (int i = 1; i < boundaries.size(); i++) {
      if (boundaries.get(i).index() > boundaries.get(i - 1).index()) {
        throw new InvalidOptionException(
            "Stage "
                + (i + 1)
                + " freezes layers that the stage before it trains. Expected each stage to train the"
                + " layers of the one before it, and perhaps more, such as head:5,block5:10.");
      }
    }
  }

  /** The same rows for another stage at the same boundary. */
  StageRows with(Stage other) {
    return new StageRows(other, boundary, frozen, train, validation);
  }

  /** How long it took to have them. */
  double seconds() {
    return train.seconds() + validation.map(Extraction::seconds).orElse(0.0);
  }

  @Override
  public void close() {
    validation.ifPresent(Extraction::close);
    train.close();
  }
}

package io.graft;

import io.graft.features.Extraction;
import io.graft.nn.FreezeBoundary;
import io.graft.train.Stage;
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

  /** The same rows for another stage at the same boundary. */
  StageRows with(Stage other) {
    return new StageRows(other, boundary, frozen, train, validation);
  }

  @Override
  public void close() {
    validation.ifPresent(Extraction::close);
    train.close();
  }
}

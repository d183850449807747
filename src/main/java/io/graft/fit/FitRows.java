package io.graft.fit;

import io.graft.backbone.Agreement;
import io.graft.data.BadImage;
import io.graft.eval.FeatureStatistics;
import io.graft.features.Extraction;
import io.graft.features.FeatureStore;
import io.graft.nn.FreezeBoundary;
import io.graft.runtime.Progress;
import io.graft.train.RowStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The features of every stage of a fit. Consecutive stages with one boundary share features. */
public final class FitRows implements AutoCloseable {

  private final List<StageRows> stages = new ArrayList<>();

  private FitRows() {}

  /**
   * Extracts the features of every stage.
   *
   * @param boundaries the freeze boundary of each stage
   */
  static FitRows extract(
      PlannedBackbone backbone, FitTask task, List<FreezeBoundary> boundaries, Progress progress) {
    FitRows rows = new FitRows();
    try {
      for (FreezeBoundary boundary : boundaries) {
        boolean shared =
            !rows.stages.isEmpty() && rows.last().boundary().index() == boundary.index();
        rows.stages.add(
            shared ? rows.last() : StageRows.extract(backbone, task, boundary, progress));
      }
      return rows;
    } catch (RuntimeException | Error e) {
      rows.close();
      throw e;
    }
  }

  /** Returns the rows of every stage. */
  List<StageRows> stages() {
    return List.copyOf(stages);
  }

  /** Returns the rows of the last stage, whose boundary is that of the trained model. */
  StageRows last() {
    return stages.get(stages.size() - 1);
  }

  /** Returns the statistics of the last stage's training rows; empty if they are not stored. */
  Optional<FeatureStatistics> statistics() {
    FeatureStore store = last().train().store();
    return store.isKept()
        ? Optional.of(
            RowStatistics.of(
                store, !store.labelSets().multiLabel(), last().frozen().layers().manager()))
        : Optional.empty();
  }

  /** Returns how well the features agree with fp32 features; empty for fp32. */
  public Optional<Agreement> agreement() {
    return last().frozen().choice().agreement();
  }

  /** Returns how many images are used, training and validation together. */
  public int images() {
    return last().sum(Extraction::files);
  }

  /** Returns the images that could not be used. */
  public List<BadImage> skipped() {
    List<BadImage> skipped = new ArrayList<>(last().train().skipped());
    last().validation().ifPresent(validation -> skipped.addAll(validation.skipped()));
    return List.copyOf(skipped);
  }

  /** Returns how many images went through the frozen layers. */
  public int computed() {
    return distinct().mapToInt(rows -> rows.sum(Extraction::rowsComputed)).sum();
  }

  /** Returns how many images already had stored features. */
  public int reused() {
    return distinct().mapToInt(rows -> rows.sum(Extraction::rowsReused)).sum();
  }

  /** Returns how many seconds the extraction of features took, including decoding. */
  public double seconds() {
    return distinct().mapToDouble(StageRows::seconds).sum();
  }

  /** Returns the rows of all stages, without repeating shared rows. */
  private Stream<StageRows> distinct() {
    return stages.stream().distinct();
  }

  @Override
  public void close() {
    distinct().forEach(StageRows::close);
  }
}

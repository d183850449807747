package io.graft.eval;

import java.util.List;

/** How well the answers of a classifier agree with labels. */
public sealed interface Evaluation permits SingleLabelEvaluation, MultiLabelEvaluation {

  /** Returns how many rows were scored. */
  int rows();

  /** Returns the mean loss over the rows, in nats. */
  double loss();

  /** Returns the share of rows that have the class of their largest logit, in [0, 1]. */
  double top1();

  /** Returns the true positives, false positives and false negatives of each class, by index. */
  List<ClassCounts> perClass();

  /** Returns the mean over classes, each counting alike. */
  default ClassAverage macro() {
    return ClassAverage.macro(perClass());
  }
}

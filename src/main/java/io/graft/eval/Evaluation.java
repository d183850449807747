package io.graft.eval;

import java.util.List;

/** The quality of a classifier's answers, measured against labels. */
public sealed interface Evaluation permits SingleLabelEvaluation, MultiLabelEvaluation {

  /** Returns the number of rows that were scored. */
  int rows();

  /** Returns the mean loss over the rows, in nats. */
  double loss();

  /** Returns the share of rows that have the class with the largest logit, in [0, 1]. */
  double top1();

  /** Returns the true positives, false positives and false negatives of each class, by index. */
  List<ClassCounts> perClass();

  /** Returns the mean over the classes, which all have the same weight. */
  default ClassAverage macro() {
    return ClassAverage.mean(perClass(), one -> 1);
  }
}

#!/usr/bin/env python3
"""Writes evaluation.json and multi_label.json: logits, labels and their metrics by scikit-learn, SciPy and NumPy.

Needs: pip install scikit-learn==1.9.1 scipy==1.17.1 numpy==2.1.3
Run:   python make_evaluation.py OUT

evaluation.json is a list of cases with one label per row. "absent" has 60 rows and 5 classes. Class 3 never occurs, class 4 is never
predicted, and some logits are so large that exp overflows in float64. "overconfident" and "hesitant" have temperatures above and below
1. "binary" has two classes, "one_row" has one row, and "one_class" has rows of a single class. Undefined values are nan in scikit-learn
(zero_division=nan) and null here. multi_label.json has independent labels, scores with many ties, a class without rows, and a class
that every row has.

No library has the calibration error and the temperature, so the script computes them from their definitions. The calibration error uses
NumPy's digitize with the bins of Guo et al. (https://github.com/gpleiss/temperature_scaling). The temperature is the root of the
derivative by SciPy. It is checked with SciPy's minimum of scikit-learn's log_loss, to a lower precision.
"""
import json
import sys
import warnings

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.stats import binom
from sklearn.metrics import (accuracy_score, average_precision_score, brier_score_loss, confusion_matrix, f1_score, log_loss,
                             precision_recall_curve, precision_recall_fscore_support, top_k_accuracy_score)

warnings.filterwarnings("ignore")


def plain(values):
    return [None if np.isnan(v) else float(v) for v in np.atleast_1d(values)]


def calibration_error(probabilities, labels):
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    bins = np.digitize(confidence, np.linspace(0, 1, 16)[1:-1], right=True)
    error, rows = 0.0, []
    for b in range(15):
        inside = bins == b
        rows.append([int(inside.sum())] + ([float(confidence[inside].mean()), float(right[inside].mean())] if inside.any() else [None, None]))
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(error), rows


def probability_metrics(wide, labels, temperature):
    probabilities, classes = softmax(wide / temperature, 1), list(range(wide.shape[1]))
    loss = -log_softmax(wide / temperature, 1)[np.arange(len(labels)), labels].mean()
    clipped = np.clip(probabilities, np.finfo(float).eps, 1)
    assert probabilities.min() < 1e-15 or np.isclose(log_loss(labels, clipped / clipped.sum(1, keepdims=True), labels=classes), loss)
    # scikit-learn expects one column for two classes.
    columns = probabilities if len(classes) > 2 else probabilities[:, 1]
    brier = brier_score_loss(labels, columns, labels=classes, scale_by_half=False)
    error, bins = calibration_error(probabilities, labels)
    return {"loss": float(loss), "brier": float(brier), "calibration_error": error, "bins": bins}


def fitted_temperature(wide, labels):
    rows = np.arange(len(labels))
    if (wide[rows, labels] == wide.max(1)).all() or wide[rows, labels].sum() <= wide.mean(1).sum():
        return None
    slope = lambda b: ((softmax(b * wide, 1) * (wide - wide.max(1, keepdims=True))).sum(1) - (wide[rows, labels] - wide.max(1))).sum()
    inverse = brentq(slope, 1e-6, 1e4, xtol=1e-14, rtol=1e-14)
    searched = minimize_scalar(lambda t: -log_softmax(wide / np.exp(t), 1)[rows, labels].mean(), bounds=(-8, 8), method="bounded",
                               options={"xatol": 1e-10})
    assert np.isclose(np.exp(searched.x), 1 / inverse, rtol=1e-5)
    return 1 / inverse


def case(name, logits, labels):
    wide, classes, rows = logits.astype(np.float64), list(range(logits.shape[1])), len(labels)
    predicted = wide.argmax(1)
    per_class = precision_recall_fscore_support(labels, predicted, labels=classes, average=None, zero_division=np.nan)
    mean = lambda kind: plain(precision_recall_fscore_support(labels, predicted, labels=classes, average=kind, zero_division=np.nan)[:3])
    # For two classes scikit-learn's top_k expects one column, and top-2 is 1.
    top_k = [float(accuracy_score(labels, predicted))]
    top_k += [float(top_k_accuracy_score(labels, wide, k=k, labels=classes)) if len(classes) > 2 else 1.0 for k in classes[2:] + [len(classes)]]
    temperature = fitted_temperature(wide, labels)
    top1 = top_k[0]
    return {"name": name, "logits": wide.tolist(), "labels": labels.tolist(), "top_k": top_k,
            "probabilities_of_row_0": softmax(wide, 1)[0].tolist(),
            "confusion": confusion_matrix(labels, predicted, labels=classes).tolist(),
            "precision": plain(per_class[0]), "recall": plain(per_class[1]), "f1": plain(per_class[2]),
            "support": per_class[3].tolist(), "macro": mean("macro"), "weighted": mean("weighted"),
            "plain": probability_metrics(wide, labels, 1.0), "at_2_5": probability_metrics(wide, labels, 2.5),
            "temperature": temperature, "interval": (binom.ppf([0.025, 0.975], rows, top1) / rows).tolist()}


def drawn(rng, rows, classes, signal, scale):
    labels = rng.integers(0, classes, rows)
    logits = rng.normal(0, 1, (rows, classes)).astype(np.float32)
    logits[np.arange(rows), labels] += np.float32(signal)
    return logits * np.float32(scale), labels


def single_label():
    rng = np.random.default_rng(5)
    labels = rng.choice([0, 1, 2, 4], 60)
    logits = rng.normal(0, 1.5, (60, 5)).astype(np.float32)
    logits[np.arange(60), labels] += np.float32(1.2)
    logits[:, 4] = logits.min(1) - np.float32(0.5)
    logits[::7] += np.float32(1000)
    one_class = drawn(rng, 20, 4, 1, 1)[0], np.full(20, 2)
    return [case("absent", logits, labels), case("overconfident", *drawn(rng, 150, 4, 1.0, 6.0)),
            case("hesitant", *drawn(rng, 150, 4, 2.5, 0.3)), case("binary", *drawn(rng, 50, 2, 1.0, 2.0)),
            case("one_row", np.float32([[0.5, 2, 1]]), np.array([2])), case("one_class", *one_class)]


def multi_label():
    rng = np.random.default_rng(6)
    labels = rng.random((80, 5)) < [0.3, 0.5, 0.1, 0.0, 1.0]
    logits = (rng.normal(0, 1, (80, 5)) + 1.2 * labels).astype(np.float32)
    logits[:, 1] = np.round(logits[:, 1] * 2) / 2
    logits[:, 2] = 0.25
    wide = logits.astype(np.float64)
    probabilities, thresholds, precisions = expit(wide), [], []
    for c in range(5):
        positives = labels[:, c].any()
        precisions.append(float(average_precision_score(labels[:, c], wide[:, c])) if positives else None)
        precision, recall, at = precision_recall_curve(labels[:, c], probabilities[:, c])
        f1 = (2 * precision * recall / np.maximum(precision + recall, 1e-300))[:-1]
        # Takes the largest of equally good thresholds. scikit-learn's are in ascending order.
        thresholds.append(float(at[np.flatnonzero(np.isclose(f1, f1.max(), rtol=1e-12))[-1]]) if positives else 0.5)
    has_rows = [0, 1, 2, 4]

    def at(thresholds):
        taken = probabilities >= np.array(thresholds)
        scores = lambda kind: plain(precision_recall_fscore_support(labels, taken, average=kind, zero_division=np.nan)[:3])
        return {"thresholds": list(thresholds), "micro": scores("micro"), "macro": scores("macro"),
                "f1": plain(f1_score(labels, taken, average=None, zero_division=np.nan)),
                "subset_accuracy": float(accuracy_score(labels, taken))}

    loss = np.mean([log_loss(labels[:, c], probabilities[:, c], labels=[False, True]) for c in range(5)])
    top1 = labels[np.arange(80), wide.argmax(1)].mean()
    return {"logits": wide.tolist(), "labels": labels.tolist(), "loss": float(loss), "top1": float(top1), "average_precision": precisions,
            "mean_average_precision": float(average_precision_score(labels[:, has_rows], wide[:, has_rows], average="macro")),
            "at_half": at([0.5] * 5), "at_best": at(thresholds)}


for name, content in ("evaluation", single_label()), ("multi_label", multi_label()):
    with open(f"{sys.argv[1]}/{name}.json", "w") as f:
        json.dump(content, f)
        f.write("\n")

#!/usr/bin/env python3
"""Writes evaluation.json: logits, labels and what scikit-learn and SciPy say of them.

Needs: pip install scikit-learn scipy numpy
Run:   python make_evaluation.py OUT

60 rows of 5 classes. Class 3 never occurs (its recall is nan, here null) and class 4 is never predicted (its precision likewise);
some logits are large enough that exp overflows in float64.
"""
import json
import sys

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_score, recall_score

rng = np.random.default_rng(5)
labels = rng.choice([0, 1, 2, 4], 60)
logits = rng.normal(0, 1.5, (60, 5)).astype(np.float32)
logits[np.arange(60), labels] += np.float32(1.2)
logits[:, 4] = logits.min(1) - np.float32(0.5)
logits[::7] += np.float32(1000)
wide = logits.astype(np.float64)
predicted, classes = wide.argmax(1), list(range(5))
assert np.isclose(log_loss(labels, softmax(wide, 1), labels=classes), -log_softmax(wide, 1)[np.arange(60), labels].mean())


def plain(values):
    return [None if np.isnan(v) else float(v) for v in values]


with open(f"{sys.argv[1]}/evaluation.json", "w") as f:
    json.dump({"logits": wide.tolist(), "labels": labels.tolist(), "top1": float(accuracy_score(labels, predicted)),
               "loss": float(log_loss(labels, softmax(wide, 1), labels=classes)),
               "probabilities_of_row_0": softmax(wide, 1)[0].tolist(),
               "confusion": confusion_matrix(labels, predicted, labels=classes).tolist(),
               "precision": plain(precision_score(labels, predicted, labels=classes, average=None, zero_division=np.nan)),
               "recall": plain(recall_score(labels, predicted, labels=classes, average=None, zero_division=np.nan))}, f)
    f.write("\n")

#!/usr/bin/env python3
"""Writes drift.json: feature rows of a training set and of four others, and their drift, computed from the rows with NumPy.

Needs: pip install numpy==2.1.3 scipy==1.17.1
Run:   python make_drift.py OUT

With one class and one set of rows, the measure is the t statistic of scipy.stats.ttest_ind over its standard error. The script checks
this. "same" has the distribution of the training rows, with other class frequencies. "shifted" has another distribution. "one_row" is one
row. "foreign" has rows of a class that the training rows lack. Feature 3 never varies.
"""
import json
import sys

import numpy as np
from scipy.stats import ttest_ind

CLASSES, FEATURES = 4, 6


def draw(rng, counts, shift):
    labels = np.repeat(np.arange(CLASSES), counts)
    rows = rng.normal(0, [1, 2, 0.5, 0, 1, 3], (len(labels), FEATURES)) + 3 * labels[:, None] * [1, 0, 1, 0, -1, 2] + shift + 100
    return rows.astype(np.float32), labels


def within(rows, labels):
    return sum((((rows[labels == c] - rows[labels == c].mean(0)) ** 2).sum(0) for c in set(labels.tolist())), np.zeros(FEATURES))


def drift(training, set_):
    (x, x_labels), (y, y_labels) = [(rows.astype(np.float64), labels) for rows, labels in (training, set_)]
    degrees = sum(len(labels) - len(set(labels.tolist())) for labels in (x_labels, y_labels))
    pooled = (within(x, x_labels) + within(y, y_labels)) / degrees
    known = np.isin(y_labels, x_labels)
    y, y_labels = y[known], y_labels[known]
    difference = (y - np.stack([x[x_labels == c].mean(0) for c in y_labels])).mean(0)
    varying = pooled > 0
    error = 1 / len(y) + sum((y_labels == c).sum() ** 2 / (x_labels == c).sum() for c in set(y_labels.tolist())) / len(y) ** 2
    return float(np.sqrt((difference[varying] ** 2 / pooled[varying]).mean())), float(np.sqrt(error)), len(y)


rng = np.random.default_rng(7)
training = draw(rng, [30, 20, 10, 0], 0)
one = draw(rng, [25, 0, 0, 0], 0.3)
alone = training[0][:30], training[1][:30]
t = ttest_ind(one[0][:, :3].astype(np.float64), alone[0][:, :3].astype(np.float64)).statistic
expected = drift((alone[0][:, [0, 1, 2] * 2], alone[1]), (one[0][:, [0, 1, 2] * 2], one[1]))
assert np.isclose(expected[0] / expected[1], np.sqrt((t ** 2).mean()))
sets = {"same": draw(rng, [5, 40, 5, 0], 0), "shifted": draw(rng, [10, 10, 10, 0], [1, 2, -0.5, 0, 0, 0]), "one_row": draw(rng, [0, 1, 0, 0], 0),
        "foreign": draw(rng, [10, 0, 3, 7], 0.5)}
with open(f"{sys.argv[1]}/drift.json", "w") as f:
    json.dump({"training": {"rows": training[0].tolist(), "labels": training[1].tolist()},
               "sets": [{"name": name, "rows": rows.tolist(), "labels": labels.tolist(), **dict(zip(("distance", "chance", "compared"),
                         drift(training, (rows, labels))))} for name, (rows, labels) in sets.items()]}, f)
    f.write("\n")

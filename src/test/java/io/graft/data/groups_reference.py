"""Writes groups.json: the folds of groups of images that scikit-learn's StratifiedGroupKFold makes.

A case has the number of images of each group and class. `folds` is the fold of each group without shuffling. `spread` is
the mean, over ten shuffles, of the deviation of each class's share over the folds, averaged over the classes. `split` is
the same for one fold as validation images: the mean over the classes, and over all images, of |share - 1 / folds|.

Run in this folder with scikit-learn 1.x: python groups_reference.py
"""

import json
import warnings

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

warnings.filterwarnings("ignore")
draw = np.random.default_rng(1)


def folds_of(counts, splitter):
    """Returns the fold of each group."""
    groups, classes = np.nonzero(np.ones_like(counts))
    repeat = counts.ravel()
    group, label = np.repeat(groups, repeat), np.repeat(classes, repeat)
    folds = np.full(len(counts), -1)
    for fold, (_, held) in enumerate(splitter.split(label, label, group)):
        folds[group[held]] = fold
    return folds


def shares(counts, folds, k):
    """Returns the share of each class, and last of all images, in each fold."""
    with_all = np.hstack([counts, counts.sum(1, keepdims=True)])
    return np.stack([with_all[folds == fold].sum(0) for fold in range(k)]) / with_all.sum(0)


cases = []
while len(cases) < 60:
    k = int(draw.integers(2, 7))
    classes = int(draw.integers(2, 8))
    groups = int(draw.integers(2 * k, 40))
    kind = len(cases) % 3
    if kind == 0:  # a patient with images of all classes
        counts = draw.poisson(draw.gamma(2, 2, (groups, 1)) * draw.dirichlet(np.ones(classes)), (groups, classes))
    elif kind == 1:  # a patient with images of one class
        counts = np.zeros((groups, classes), int)
        counts[np.arange(groups), draw.integers(0, classes, groups)] = draw.integers(1, 12, groups)
    else:  # a place with many images, where most classes are rare
        counts = draw.poisson(6 / (1 + np.arange(classes)) ** 1.5, (groups, classes))
    counts = counts[counts.sum(1) > 0]
    if len(counts) < k or ((counts > 0).sum(0) < 2).any():
        continue
    plain = folds_of(counts, StratifiedGroupKFold(k))
    if len(set(plain)) < k or (shares(counts, plain, k) == 1).any():
        continue  # A fold without images, or with all images of a class, which Graft avoids.
    shuffled = [folds_of(counts, StratifiedGroupKFold(k, shuffle=True, random_state=seed)) for seed in range(10)]
    measured = [shares(counts, folds, k) for folds in shuffled]
    spread = float(np.mean([one[:, :-1].std(0).mean() for one in measured]))
    split = float(np.mean([np.abs(one[0, :-1] - 1 / k).mean() + abs(one[0, -1] - 1 / k) for one in measured])) / 2
    cases.append({"counts": counts.tolist(), "folds": plain.tolist(), "spread": round(spread, 6), "split": round(split, 6)})
with open("../../../../resources/golden/groups.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")

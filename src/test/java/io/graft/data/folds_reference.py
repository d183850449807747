"""Writes folds.json: the number of validation images of each class in scikit-learn's StratifiedKFold.

Run in this folder with scikit-learn 1.x: python folds_reference.py
"""

import json
import random

import numpy as np
from sklearn.model_selection import StratifiedKFold

cases = []
draw = random.Random(1)
for sizes, folds in [([100] * 5, 5), ([7, 5, 3], 3), ([2, 2], 2), ([11, 4, 9, 6], 4)] + [
    ([draw.randint(2, 40) for _ in range(draw.randint(2, 6))], draw.randint(2, 7)) for _ in range(20)
]:
    folds = min(folds, max(sizes))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    splits = StratifiedKFold(folds, shuffle=True, random_state=0).split(labels, labels)
    counts = [np.bincount(labels[held], minlength=len(sizes)).tolist() for _, held in splits]
    cases.append({"sizes": sizes, "counts": counts})
print(len(cases), "cases")
with open("../../../../resources/golden/folds.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")

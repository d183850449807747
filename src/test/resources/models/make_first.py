#!/usr/bin/env python3
"""Draws the images of 0.1.0-first, and stores the predictions of the Graft that trained its model.

Needs: pip install pillow numpy, and a checkout of commit 44bca5b, the last one whose models have neither temperature nor statistics.
Run there:
  python make_first.py draw OUT/pictures
  ./graft train --data OUT/pictures --validation-split 0 --weights random --seed 3 --head pool --epochs 5 --precision fp32 \\
      --device cpu --cache off --out OUT/model
  ./graft predict --model OUT/model --device cpu --json OUT/pictures/*/*.png > predictions.json
  ./graft evaluate --model OUT/model --device cpu --cache off --data OUT/pictures --json > evaluation.json
  python make_first.py keep predictions.json evaluation.json OUT/expected.json
"""
import json
import os
import sys

import numpy as np
from PIL import Image, ImageDraw


def draw(folder):
    for label, name in enumerate(["rose", "tulip"]):
        os.makedirs(f"{folder}/{name}")
        for n in range(1, 5):
            rng = np.random.default_rng(100 * label + n)
            im = Image.new("RGB", (48, 40), (200, 200 - 80 * label, 120 + 60 * label))
            d = ImageDraw.Draw(im)
            for _ in range(8):
                x, y, c = rng.integers(0, 48), rng.integers(0, 40), tuple(int(v) for v in rng.integers(0, 256, 3))
                if label == 0:
                    d.ellipse([x, y, x + 9, y + 9], fill=c)
                else:
                    d.line([x, 0, y, 40], fill=c)
            im.save(f"{folder}/{name}/{n}.png")


def keep(predictions, evaluation, out):
    with open(predictions) as f:
        answers = {"/".join(p["path"].split("/")[-2:]): {t["label"]: t["probability"] for t in p["top"]} for p in json.load(f)["predictions"]}
    with open(evaluation) as f:
        measured = json.load(f)
    with open(out, "w") as f:
        json.dump({"loss": measured["loss"], "confusion": measured["confusion"], "probabilities": answers}, f, indent=1)
        f.write("\n")


{"draw": draw, "keep": keep}[sys.argv[1]](*sys.argv[2:])

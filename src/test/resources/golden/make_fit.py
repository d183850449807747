#!/usr/bin/env python3
"""Writes a fit of a small softmax classifier by PyTorch: fit_train, fit_validation and fit_expected (.safetensors).

Needs: pip install torch==2.7.1 safetensors numpy
Run:   python make_fit.py OUT

fit_train and fit_validation are feature files: `features` float16 (50, 6) and (20, 6), `labels` int64, 3 classes. fit_expected has
`initial_weight` (3, 6) and `initial_bias` (3). The training is 12 epochs of Adam(lr=0.05) on mean cross-entropy. All 50 rows are one batch,
so their order does not matter. Each epoch has `train_loss` and `train_top1` (before the step), and `validation_loss` and `validation_top1`
(after it). `weight` and `bias` are the final parameters. The same tensors with the prefix `multi_label.` are for binary cross-entropy, where
each label is an index into SETS. Its top-1 is the fraction of rows whose set has the class of their largest logit.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

OUT, EPOCHS = sys.argv[1], 12
rng = np.random.default_rng(11)
centres = rng.normal(0, 1, (3, 6))


def rows(count):
    labels = rng.integers(0, 3, count)
    features = (centres[labels] + rng.normal(0, 1.2, (count, 6))).astype(np.float16)
    return features, labels.astype(np.int64)


x, y = rows(50)
vx, vy = rows(20)
save_file({"features": x, "labels": y}, f"{OUT}/fit_train.safetensors")
save_file({"features": vx, "labels": vy}, f"{OUT}/fit_validation.safetensors")
x, y, vx, vy = (torch.from_numpy(a) for a in (x.astype(np.float32), y, vx.astype(np.float32), vy))
initial = {"weight": rng.uniform(-0.5, 0.5, (3, 6)).astype(np.float32), "bias": rng.uniform(-0.1, 0.1, 3).astype(np.float32)}
out = {f"initial_{k}": v for k, v in initial.items()}
SETS = torch.tensor([[1.0, 0, 0], [1, 0, 1], [0, 0, 0]])


def fit(prefix, loss_of, right):
    head = torch.nn.Linear(6, 3)
    head.load_state_dict({k: torch.from_numpy(v) for k, v in initial.items()})
    history = {k: [] for k in ("train_loss", "train_top1", "validation_loss", "validation_top1")}
    adam = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(EPOCHS):
        logits = head(x)
        loss = loss_of(logits, y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        with torch.no_grad():
            after = head(vx)
            history["train_loss"].append(loss.item())
            history["train_top1"].append(right(logits, y).float().mean().item())
            history["validation_loss"].append(loss_of(after, vy).item())
            history["validation_top1"].append(right(after, vy).float().mean().item())
    out.update({prefix + k: np.array(v, np.float32) for k, v in history.items()})
    out[prefix + "weight"], out[prefix + "bias"] = head.weight.detach().numpy().copy(), head.bias.detach().numpy().copy()


fit("", torch.nn.functional.cross_entropy, lambda z, labels: z.argmax(1) == labels)
fit("multi_label.", lambda z, labels: torch.nn.functional.binary_cross_entropy_with_logits(z, SETS[labels]),
    lambda z, labels: SETS[labels, z.argmax(1)] == 1)
save_file(out, f"{OUT}/fit_expected.safetensors")

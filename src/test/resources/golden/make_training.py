#!/usr/bin/env python3
"""Writes training.safetensors and training.json: reference results of PyTorch's optimizers, schedules and losses.

Needs: pip install torch==2.7.1 safetensors numpy
Run:   python make_training.py OUT

The network is Linear(12, 8), Tanh, Linear(8, 5), Sigmoid, Linear(5, 4). `initial.NAME` are its parameters. The 100 batches are `x`
(100, 16, 12) and `y` int64 (100, 16). In each of RUNS an optimizer takes one step per batch on mean cross-entropy. Weight decay applies to
weights, not to biases. `RUN.loss` (100) is the loss before each step, `RUN.NAME` are the final parameters, and `RUN.state.NAME` is the
optimizer's state for the first weight. Some runs clip gradients, accumulate two batches, or weight classes. One has a cosine schedule.

training.json: `schedules` has the learning rates of each of SCHEDULES by epoch (one-cycle: by step). `losses` has for each of LOSSES its
`value` and its `gradient` with respect to `logits` (6, 4), for the labels `labels`. For binary_cross_entropy_multi_label, each label is an
index into the sets of classes `sets` (4, 4).
"""
import json
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn import functional as F
from torch.optim import lr_scheduler as lrs

OUT, STEPS, BATCH = sys.argv[1], 100, 16
torch.set_num_threads(1)
rng = np.random.default_rng(23)
centres = rng.normal(0, 1, (4, 12))
y = rng.integers(0, 4, (STEPS, BATCH))
x = (centres[y] + rng.normal(0, 1.5, (STEPS, BATCH, 12))).astype(np.float32)
CLASS_WEIGHTS = torch.tensor([0.5, 1, 2, 4])


def network():
    return torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.Tanh(), torch.nn.Linear(8, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 4))


first = network()
initial = {k: torch.from_numpy(rng.uniform(-0.5, 0.5, tuple(v.shape)).astype(np.float32)) for k, v in first.state_dict().items()}
out = {"x": x, "y": y.astype(np.int64)}
out.update({f"initial.{k}": v.numpy() for k, v in initial.items()})

O = torch.optim
RUNS = {  # optimizer, its settings, weight decay, clip norm, batches per step, class weights, cosine schedule
    "adam": (O.Adam, dict(lr=0.01), 0, 0, 1, False, False),
    "adam_decay": (O.Adam, dict(lr=0.01), 0.05, 0, 1, False, False),
    "adamw": (O.AdamW, dict(lr=0.01), 0.1, 0, 1, False, False),
    "adamw_cosine": (O.AdamW, dict(lr=0.02), 0.1, 0, 1, False, True),
    "sgd": (O.SGD, dict(lr=0.1), 0, 0, 1, False, False),
    "sgd_momentum": (O.SGD, dict(lr=0.05, momentum=0.9), 0.01, 0, 1, False, False),
    "sgd_nesterov": (O.SGD, dict(lr=0.05, momentum=0.9, nesterov=True), 0.01, 0, 1, False, False),
    "sgd_clipped": (O.SGD, dict(lr=0.5), 0, 0.1, 1, False, False),
    "sgd_accumulated": (O.SGD, dict(lr=0.1), 0, 0, 2, False, False),
    "rmsprop": (O.RMSprop, dict(lr=0.005), 0, 0, 1, False, False),
    "rmsprop_momentum": (O.RMSprop, dict(lr=0.002, momentum=0.8), 0.02, 0, 1, False, False),
    "weighted": (O.Adam, dict(lr=0.01), 0, 0, 1, True, False),
}
for name, (kind, settings, decay, clip, accumulate, weighted, cosine) in RUNS.items():
    net = network()
    net.load_state_dict(initial)
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = kind([dict(params=weights, weight_decay=decay), dict(params=biases, weight_decay=0)], **settings)
    schedule = lrs.SequentialLR(
        optimizer, [lrs.LinearLR(optimizer, 0.01, total_iters=3), lrs.CosineAnnealingLR(optimizer, T_max=7)], milestones=[3]) if cosine else None
    losses = []
    for step in range(0, STEPS, accumulate):
        xs, ys = (torch.from_numpy(a[step:step + accumulate].reshape(accumulate * BATCH, *a.shape[2:])) for a in (x, out["y"]))
        loss = F.cross_entropy(net(xs), ys, weight=CLASS_WEIGHTS if weighted else None)
        optimizer.zero_grad()
        loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
        if schedule and (step + 1) % 10 == 0:  # an epoch has ten steps
            schedule.step()
    out[f"{name}.loss"] = np.array(losses, np.float32)
    for k, v in net.state_dict().items():
        out[f"{name}.{k}"] = v.numpy().copy()
    for k, v in optimizer.state_dict()["state"].get(0, {}).items():
        if k != "step" and v is not None:
            out[f"{name}.state.{k}"] = v.numpy().copy()
save_file(out, f"{OUT}/training.safetensors", metadata={"torch": torch.__version__})


def rates(make, epochs, steps=1, metrics=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule, values = make(optimizer), []
    for step in range(epochs * steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < epochs * steps:
            schedule.step(metrics[step]) if metrics else schedule.step()
    return values


METRICS = [1.0, 0.8, 0.8, 0.79999, 0.81, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.65, 0.9, 0.9, 0.9, 0.9]
SCHEDULES = {
    "step": rates(lambda o: lrs.StepLR(o, 3, 0.5), 12),
    "cosine": rates(lambda o: lrs.CosineAnnealingLR(o, T_max=12), 12),
    "warmup": rates(lambda o: lrs.SequentialLR(
        o, [lrs.LinearLR(o, 0.01, total_iters=4), lrs.CosineAnnealingLR(o, T_max=8, eta_min=0.002)], milestones=[4]), 12),
    "one_cycle": rates(lambda o: lrs.OneCycleLR(o, 0.1, epochs=4, steps_per_epoch=5, cycle_momentum=False), 4, 5),
    "one_cycle_three_steps": rates(lambda o: lrs.OneCycleLR(o, 0.1, total_steps=3, cycle_momentum=False), 3),
    "plateau": rates(lambda o: lrs.ReduceLROnPlateau(o, factor=0.5, patience=2), 16, 1, METRICS),
    "plateau_cooldown": rates(lambda o: lrs.ReduceLROnPlateau(
        o, factor=0.2, patience=0, threshold=0.05, cooldown=2, min_lr=0.003), 16, 1, METRICS),
}

logits = rng.normal(0, 3, (6, 4)).astype(np.float32)
labels = np.array([0, 1, 2, 3, 3, 0])
SETS = torch.tensor([[1.0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]])


def weighted_mean(rows, weights):
    return (rows * weights[torch.from_numpy(labels)]).sum() / weights[torch.from_numpy(labels)].sum()


def loss_of(name, z, weights):
    target = torch.from_numpy(labels)
    one_hot = F.one_hot(target, 4).float()
    if name.startswith("cross_entropy"):
        return F.cross_entropy(z, target, weights, label_smoothing=0.1 if name.endswith("smoothed") else 0)
    if name == "mse":
        return weighted_mean(0.5 * F.mse_loss(z.softmax(1), one_hot, reduction="none").mean(1), weights)
    if name == "binary_cross_entropy":
        return weighted_mean(F.binary_cross_entropy_with_logits(z, one_hot, reduction="none").mean(1), weights)
    p = z.softmax(1).gather(1, target[:, None])[:, 0]
    return weighted_mean(-(1 - p) ** 2 * p.log(), weights)


LOSSES = {}
for name in ("cross_entropy", "cross_entropy_smoothed", "mse", "binary_cross_entropy", "focal"):
    for suffix, weights in (("", torch.ones(4)), ("_weighted", CLASS_WEIGHTS)):
        z = torch.from_numpy(logits).requires_grad_()
        value = loss_of(name, z, weights)
        value.backward()
        LOSSES[name + suffix] = {"value": value.item(), "gradient": z.grad.flatten().tolist()}

z = torch.from_numpy(logits).requires_grad_()
value = F.binary_cross_entropy_with_logits(z, SETS[torch.from_numpy(labels)])
value.backward()
LOSSES["binary_cross_entropy_multi_label"] = {"value": value.item(), "gradient": z.grad.flatten().tolist()}

with open(f"{OUT}/training.json", "w") as f:
    json.dump({"torch": torch.__version__, "metrics": METRICS, "schedules": SCHEDULES, "logits": logits.flatten().tolist(),
               "labels": labels.tolist(), "sets": SETS.tolist(), "losses": LOSSES}, f, indent=1)
    f.write("\n")

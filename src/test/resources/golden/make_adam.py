#!/usr/bin/env python3
"""Writes adam_steps.safetensors: 100 steps of PyTorch's Adam on a small softmax classifier.

Needs: pip install torch==2.7.1 safetensors numpy
Run:   python make_adam.py OUT

The classifier is Linear(40, 5). Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-8) trains it on mean cross-entropy in float32. Columns 30
to 34 of x are always zero, which makes gradients exactly zero. Columns 35 to 39 are scaled by 1e-4, which makes gradients near eps.
The tensors are `x` (100, 16, 40), `y` int64 (100, 16), `initial_weight` (5, 40), `initial_bias` (5), `loss` (100) before each step, and
`weight.N`, `bias.N` after step N for N in 1, 10, 100.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

STEPS, BATCH, FEATURES, CLASSES = 100, 16, 40, 5

torch.manual_seed(0)
torch.set_num_threads(1)
rng = np.random.default_rng(7)
centres = rng.normal(0, 1, (CLASSES, FEATURES))
y = rng.integers(0, CLASSES, (STEPS, BATCH))
x = (centres[y] + rng.normal(0, 1.5, (STEPS, BATCH, FEATURES))).astype(np.float32)
x[..., 30:35] = 0
x[..., 35:] *= np.float32(1e-4)

head = torch.nn.Linear(FEATURES, CLASSES)
with torch.no_grad():
    head.weight.copy_(torch.from_numpy(rng.uniform(-0.15, 0.15, (CLASSES, FEATURES)).astype(np.float32)))
    head.bias.copy_(torch.from_numpy(rng.uniform(-0.1, 0.1, CLASSES).astype(np.float32)))
out = {"x": x, "y": y.astype(np.int64)}
out["initial_weight"], out["initial_bias"] = head.weight.detach().numpy().copy(), head.bias.detach().numpy().copy()
adam = torch.optim.Adam(head.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-8)
losses = []
for step in range(1, STEPS + 1):
    loss = torch.nn.functional.cross_entropy(head(torch.from_numpy(x[step - 1])), torch.from_numpy(out["y"][step - 1]))
    adam.zero_grad()
    loss.backward()
    adam.step()
    losses.append(loss.item())
    if step in (1, 10, 100):
        out[f"weight.{step}"], out[f"bias.{step}"] = head.weight.detach().numpy().copy(), head.bias.detach().numpy().copy()
out["loss"] = np.array(losses, np.float32)
save_file(out, f"{sys.argv[1]}/adam_steps.safetensors", metadata={"torch": torch.__version__})

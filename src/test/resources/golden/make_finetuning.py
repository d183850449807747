#!/usr/bin/env python3
"""Writes finetuning.safetensors: small VGG networks after PyTorch's end-to-end training, in whole or after frozen layers.

Needs: pip install torch==2.7.1 safetensors numpy
Run:   python make_finetuning.py OUT

The file has only results: the test computes images, weights and orders with the same formulas.
- Image n of 40 (its class is n // 10) has 64 x 64 pixels; byte i of it in HWC order is the class's brightness of that channel plus
  splitmix64(n * 2^20 + i) >> 57.
- Weights are those of `--weights random --seed 1`: uniform in (-a, a) by the formula of make_golden.py with a = sqrt(6 / fan_in). Biases are
  0, and normalisation is the identity. The head has a = sqrt(6 / (fan_in + fan_out)), and its seed is a mix of the run's seed (7) and 1.
- Epoch e takes the images in the Fisher-Yates order of java.util.Random seeded with the mix of 7 and e.
Every run makes 20 steps, 4 epochs of 5 batches of 8, on mean cross-entropy. Frozen layers are in eval mode, trained layers in train
mode. `RUN.NAME` are the final parameters and running statistics of the trained layers. `RUN.loss` (4) is the mean loss of each epoch. Each
run is repeated in float64, and the results must agree up to rounding. At higher learning rates they would not.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn import functional as F

OUT = sys.argv[1]
SIZE, CLASSES, PER_CLASS, BATCH, SEED, WEIGHTS_SEED = 64, 4, 10, 8, 7, 1
MASK, GAMMA = (1 << 64) - 1, 0x9E3779B97F4A7C15
BRIGHTNESS = [[20, 90, 60], [110, 30, 10], [70, 60, 120], [0, 128, 100]]
CONVOLUTIONS = {"vgg11": [1, 1, 2, 2, 2], "vgg16": [2, 2, 3, 3, 3]}
torch.set_num_threads(1)


def mix64(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def mixed(seed, stream):
    return mix64((seed + (stream + 1) * GAMMA) & MASK)


def splitmix64(s):
    with np.errstate(over="ignore"):
        s = s + np.uint64(GAMMA)
        s = (s ^ (s >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        s = (s ^ (s >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return s ^ (s >> np.uint64(31))


def permutation(size, seed):
    state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def bits(count):
        nonlocal state
        state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        return state >> (48 - count)

    def below(bound):
        if bound & -bound == bound:
            return (bound * bits(31)) >> 31
        while True:
            drawn = bits(31)
            if drawn - drawn % bound + bound - 1 < 1 << 31:
                return drawn % bound

    order = list(range(size))
    for i in range(size - 1, 0, -1):
        j = below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def uniform(shape, seed, tensor, a):
    high = seed >> 8
    start = ((seed << 56) + ((mixed(high, 0) if high else 0) + (tensor << 40))) & MASK
    with np.errstate(over="ignore"):
        i = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(start)
    unit = (splitmix64(i) >> np.uint64(40)).astype(np.float64) / 2**24
    return torch.from_numpy(((unit - 0.5) * 2 * a).astype(np.float32).reshape(shape))


def pictures():
    i = np.arange(3 * SIZE * SIZE, dtype=np.uint64)
    x, y = [], []
    for n in range(CLASSES * PER_CLASS):
        noise = (splitmix64(i + np.uint64(n << 20)) >> np.uint64(57)).astype(np.int64).reshape(SIZE, SIZE, 3)
        x.append((noise + np.array(BRIGHTNESS[n // PER_CLASS])).astype(np.float32))
        y.append(n // PER_CLASS)
    x = (np.stack(x) / np.float32(255) - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()), torch.tensor(y)


def network(name, pool):
    layers, blocks, channels = [], [], 3
    for block, count in enumerate(CONVOLUTIONS[name.removesuffix("_bn")]):
        for _ in range(count):
            out = 4 * [1, 2, 4, 8, 8][block]
            layers += [torch.nn.Conv2d(channels, out, 3, padding=1)]
            layers += [torch.nn.BatchNorm2d(out)] * name.endswith("_bn") + [torch.nn.ReLU()]
            channels = out
        layers.append(torch.nn.MaxPool2d(2))
        blocks.append(len(layers))
    features = torch.nn.Sequential(*layers)
    head = torch.nn.Linear(channels if pool else channels * (SIZE // 32) ** 2, CLASSES)
    with torch.no_grad():
        for tensor, (name, p) in enumerate((n, p) for n, p in features.state_dict().items() if "num_batches" not in n):
            if p.ndim > 1:
                p.copy_(uniform(p.shape, WEIGHTS_SEED, tensor, np.sqrt(6 / p[0].numel())))
            elif name.endswith(".bias"):
                p.zero_()
        head.weight.copy_(uniform(head.weight.shape, mixed(SEED, 1), 0, np.sqrt(6 / sum(head.weight.shape))))
        head.bias.zero_()
    return features, head, [0] + blocks


O = torch.optim
RUNS = {  # network, stages (the first trained block, 6 for the head alone; epochs; rate), mean of channels, optimizer, its settings, weight
    # decay, learning rate decay per block, autocast
    "block5": ("vgg16", [(5, 4, 1e-3)], False, O.Adam, {}, 0, 1, False),
    "block4": ("vgg11", [(4, 4, 1e-3)], True, O.AdamW, {}, 0.05, 0.3, False),
    "input": ("vgg11_bn", [(1, 4, 1e-3)], True, O.SGD, dict(momentum=0.9, nesterov=True), 0.01, 1, False),
    "above_normalisation": ("vgg11_bn", [(5, 4, 0.005)], True, O.SGD, {}, 0, 1, False),
    "mixed": ("vgg11_bn", [(5, 4, 0.005)], True, O.SGD, {}, 0, 1, True),
    "stages": ("vgg11", [(6, 2, 1e-2), (5, 2, 1e-4)], True, O.Adam, {}, 0, 1, False),
}


def train(x, y, name, stages, pool, kind, settings, decay, per_block, mixed_precision):
    features, head, ends = network(name, pool)
    features, head = features.to(x.dtype), head.to(x.dtype)
    losses = []
    for first, epochs, rate in stages:
        cut = ends[first - 1]
        frozen, trained = features[:cut].eval().requires_grad_(False), features[cut:].train().requires_grad_()
        before = {k: v.clone() for k, v in frozen.state_dict().items()}
        groups = []
        for part, factor in [(features[ends[b - 1]:ends[b]], per_block ** (6 - b)) for b in range(first, 6)] + [(head, 1)]:
            for matrices, d in ((True, decay), (False, 0)):
                chosen = [p for p in part.parameters() if (p.ndim > 1) == matrices]
                groups.append(dict(params=chosen, weight_decay=d, lr=rate * factor))
        optimizer = kind(groups, **settings)
        for _ in range(epochs):
            order, total = permutation(len(x), mixed(SEED, len(losses) + 1)), 0
            for start in range(0, len(x), BATCH):
                batch = order[start:start + BATCH]
                z = frozen(x[batch])
                with torch.autocast("cpu", torch.bfloat16, enabled=mixed_precision):
                    z = trained(z)
                    z = head(z.mean((2, 3)) if pool else z.flatten(1))
                loss = F.cross_entropy(z.to(x.dtype), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            losses.append(total / len(x))
        assert all(torch.equal(v, before[k]) for k, v in frozen.state_dict().items())
    result = {f"features.{k}": v for k, v in features.state_dict().items() if int(k.split(".")[0]) >= cut and "num_batches" not in k}
    result.update({"head.weight": head.weight.detach(), "head.bias": head.bias.detach(), "loss": torch.tensor(losses)})
    return {k: v.float().numpy().copy() for k, v in result.items()}


x, y = pictures()
out = {}
for run, settings in RUNS.items():
    result = train(x, y, *settings)
    exact = train(x.double(), y, *settings[:-1], False)
    distance = max(np.abs(result[k] - exact[k]).max() for k in result)
    print(run, result["loss"], "float64 is", distance, "away")
    # If rounding errors grew during a run, its results would be no reference.
    assert settings[-1] or distance < 2e-5
    out.update({f"{run}.{k}": v for k, v in result.items()})
save_file(out, f"{OUT}/finetuning.safetensors", metadata={"torch": torch.__version__})

#!/usr/bin/env python3
"""Writes reference values for the VGG family by torchvision: vgg_parameters.json, tiny_vgg11_bn.safetensors, adaptive_pool.safetensors.

Needs: pip install torch==2.7.1 torchvision==0.22.1 safetensors numpy
Run:   python make_networks.py OUT

`vgg_parameters.json`: for each network, the names and shapes of its state_dict in order, without num_batches_tracked.
`tiny_vgg11_bn.safetensors`: vgg11_bn with 2 channels in its first block, 8 hidden features and 10 classes. `weight/NAME` are its
parameters, and running statistics other than the defaults. `input` is (4, 3, 32, 32). `features` and `logits` are in inference mode.
`train_features.N` are the outputs of the feature layers in training mode in forward pass N (1 and 2). `running/NAME.N` are the running
statistics after that pass.
`adaptive_pool.safetensors`: `IxJ_K.in` (2, 3, I, J) and `IxJ_K.out` = adaptive_avg_pool2d(in, K).
"""
import json
import sys

import numpy as np
import torch
import torchvision
from safetensors.numpy import save_file

OUT = sys.argv[1]
torch.manual_seed(3)
torch.set_num_threads(1)

names = {}
for depth in (11, 13, 16, 19):
    for suffix in ("", "_bn"):
        with torch.device("meta"):
            model = torchvision.models.get_model(f"vgg{depth}{suffix}")
        names[f"vgg{depth}{suffix}"] = {n: list(p.shape) for n, p in model.state_dict().items() if "num_batches" not in n}
with open(f"{OUT}/vgg_parameters.json", "w") as f:
    f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in names.items()) + "\n}\n")

cfg = [2, "M", 4, "M", 8, 8, "M", 16, 16, "M", 16, 16, "M"]
m = torchvision.models.VGG(torchvision.models.vgg.make_layers(cfg, batch_norm=True), num_classes=10, init_weights=True)
m.classifier[0] = torch.nn.Linear(16 * 49, 8)
m.classifier[3] = torch.nn.Linear(8, 8)
m.classifier[6] = torch.nn.Linear(8, 10)
for layer in m.features:
    if isinstance(layer, torch.nn.BatchNorm2d):
        for value, low, high in ((layer.weight, 0.5, 1.5), (layer.bias, -0.3, 0.5), (layer.running_mean, -0.4, 0.4),
                                 (layer.running_var, 0.2, 2.0)):
            with torch.no_grad():
                value.uniform_(low, high)
out = {f"weight/{n}": p.numpy().copy() for n, p in m.state_dict().items() if "num_batches" not in n}
x = torch.randn(4, 3, 32, 32)
out["input"] = x.numpy()
with torch.no_grad():
    m.eval()
    out["features"], out["logits"] = m.features(x).numpy(), m(x).numpy()
    m.train()
    for n in (1, 2):
        out[f"train_features.{n}"] = m.features(x).numpy()
        out.update({f"running/{k}.{n}": v.numpy().copy() for k, v in m.state_dict().items() if "running" in k})
save_file({n: np.ascontiguousarray(a) for n, a in out.items()}, f"{OUT}/tiny_vgg11_bn.safetensors")

out = {}
for height, width, side in ((10, 13, 7), (7, 7, 7), (3, 5, 7), (1, 1, 7), (15, 9, 4), (8, 6, 1), (14, 21, 7)):
    a = torch.randn(2, 3, height, width)
    out[f"{height}x{width}_{side}.in"] = a.numpy()
    out[f"{height}x{width}_{side}.out"] = torch.nn.functional.adaptive_avg_pool2d(a, side).numpy()
save_file(out, f"{OUT}/adaptive_pool.safetensors")

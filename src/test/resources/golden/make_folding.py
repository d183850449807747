#!/usr/bin/env python3
"""Writes batch normalisation folded into convolutions by PyTorch, and the unfolded layers' outputs: folded_batch_norm.safetensors.

Needs: pip install torch==2.7.1 safetensors numpy
Run:   python make_folding.py FOLDER     (with tiny_vgg11_bn.safetensors of make_networks.py)

`vgg11_bn/features.N.weight` and `.bias`: torch.nn.utils.fuse_conv_bn_weights over that file's parameters, in float64, rounded to
float32 once. `mixed/NAME`: the parameters of the layers conv0 (3 to 5, kernel 3, stride 2, padding 1), norm1 (epsilon 0.001), norm2,
relu, norm3, conv4 (5 to 4, kernel 1), with negative and zero gammas and a variance of zero; `mixed_folded/conv0.weight` and `.bias`
with only norm1 folded; `mixed_input` (2, 3, 9, 8) and `mixed_output`, computed by the unfolded layers in inference mode.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

FOLDER = sys.argv[1]
torch.manual_seed(5)
torch.set_num_threads(1)


def fused(conv_weight, conv_bias, mean, variance, epsilon, gamma, beta):
    wide = [torch.as_tensor(a).double() for a in (conv_weight, conv_bias, mean, variance, gamma, beta)]
    w, b, mean, variance, gamma, beta = wide
    weight, bias = torch.nn.utils.fuse_conv_bn_weights(w, b, mean, variance, epsilon, gamma, beta)
    return weight.detach().float().numpy(), bias.detach().float().numpy()


tensors = {n[7:]: a for n, a in load_file(f"{FOLDER}/tiny_vgg11_bn.safetensors").items() if n.startswith("weight/")}
out = {}
for name in sorted(n for n in tensors if n.endswith(".running_mean")):
    norm = name[: -len(".running_mean")]
    conv = f"features.{int(norm.split('.')[1]) - 1}"
    weight, bias = fused(tensors[f"{conv}.weight"], tensors[f"{conv}.bias"], tensors[f"{norm}.running_mean"],
                         tensors[f"{norm}.running_var"], 1e-5, tensors[f"{norm}.weight"], tensors[f"{norm}.bias"])
    out[f"vgg11_bn/{conv}.weight"], out[f"vgg11_bn/{conv}.bias"] = weight, bias

layers = torch.nn.Sequential()
layers.add_module("conv0", torch.nn.Conv2d(3, 5, 3, stride=2, padding=1))
layers.add_module("norm1", torch.nn.BatchNorm2d(5, eps=1e-3))
layers.add_module("norm2", torch.nn.BatchNorm2d(5))
layers.add_module("relu", torch.nn.ReLU())
layers.add_module("norm3", torch.nn.BatchNorm2d(5))
layers.add_module("conv4", torch.nn.Conv2d(5, 4, 1))
with torch.no_grad():
    for layer in layers:
        if isinstance(layer, torch.nn.BatchNorm2d):
            for value, low, high in ((layer.weight, -1.5, 1.5), (layer.bias, -0.3, 0.5), (layer.running_mean, -0.4, 0.4),
                                     (layer.running_var, 0.2, 2.0)):
                value.uniform_(low, high)
    layers.norm1.running_var[1] = 0
    layers.norm1.weight[2] = 0
layers.eval()
out.update({f"mixed/{n}": p.numpy().copy() for n, p in layers.state_dict().items() if "num_batches" not in n})
weight, bias = fused(layers.conv0.weight, layers.conv0.bias, layers.norm1.running_mean, layers.norm1.running_var, 1e-3,
                     layers.norm1.weight, layers.norm1.bias)
out["mixed_folded/conv0.weight"], out["mixed_folded/conv0.bias"] = weight, bias
x = torch.randn(2, 3, 9, 8)
with torch.no_grad():
    out["mixed_input"], out["mixed_output"] = x.numpy(), layers(x).numpy()
save_file({n: np.ascontiguousarray(a) for n, a in out.items()}, f"{FOLDER}/folded_batch_norm.safetensors")

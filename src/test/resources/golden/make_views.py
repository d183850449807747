#!/usr/bin/env python3
"""Writes views.safetensors: augmented views of images, by torchvision's transforms on Pillow's images.

Needs: pip install torch==2.7.1 torchvision==0.22.1 pillow==13.0.0 numpy safetensors
Run:   python make_views.py OUT

torchvision uses torch's random generator, and Graft uses splitmix64 (https://prng.di.unimi.it/splitmix64.c). This script replaces
torch's generator by Graft's, in float64, so that torchvision gives the same views: Tensor.uniform_ returns low + (high - low) u and
randint returns floor(n u), where u has the upper 53 bits of a number of the stream. A view takes the numbers for its rectangle first.
Then it takes one number each for mirroring (u < 0.5), brightness, contrast and saturation.

The tensors are:
boxes               int64 (n, 8): seed of the view, width and height of the image, index in CROPS; left, top, width, height of the box
N.in                an image
N.PRESET.SEED       its view at 28 x 28
colors.in           an image with every value
colors.WHAT.FACTOR  Pillow's result for it
FILE.SEED.NUMBER    a strong view of a file in formats/; its seed mixes SEED, NUMBER and the first 64 bits of the file's SHA-256
"""
import hashlib
import sys

import numpy as np
import torch
import torchvision.transforms.functional as F
from PIL import Image, ImageEnhance
from safetensors.numpy import save_file
from torchvision.transforms import ColorJitter, InterpolationMode, RandomResizedCrop

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.x = seed & MASK

    def next_int(self):
        self.x = (self.x + 0x9e3779b97f4a7c15) & MASK
        z = self.x
        z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & MASK
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK
        return z ^ (z >> 31)

    def next(self):
        return (self.next_int() >> 11) * 2.0 ** -53


stream = None
torch.set_default_dtype(torch.float64)
torch.Tensor.uniform_ = lambda self, low, high: self.fill_(float(low) + (float(high) - float(low)) * stream.next())
torch.randint = lambda low, high, size: torch.full(size, low + int((high - low) * stream.next()))

RATIO = (3 / 4, 4 / 3)
CROPS = [((0.35, 1.0), RATIO), ((0.2, 1.0), RATIO), ((0.08, 0.5), (0.5, 3.0)), ((0.9, 1.0), (2.0, 2.5))]
SIZES = [(500, 375), (128, 128), (375, 500), (1, 1), (1, 700), (700, 1), (17, 40), (4000, 3000), (90, 31)]
PRESETS = {"flip": (None, None), "crop": (0, None), "strong": (1, 0.4)}


def start(number):
    global stream
    stream = SplitMix64(number)


def boxes():
    rng, rows = np.random.default_rng(3), []
    for width, height in SIZES:
        for crop, (scale, ratio) in enumerate(CROPS):
            if min(width, height) == 1 and crop == 3:
                continue  # torchvision's central rectangle has no row or no column here
            for number in rng.integers(-2 ** 63, 2 ** 63, 12, dtype=np.int64).tolist():
                start(number)
                image = torch.empty((3, height, width), device="meta")
                i, j, h, w = RandomResizedCrop.get_params(image, list(scale), list(ratio))
                rows.append([number, width, height, crop, j, i, w, h])
    return np.array(rows, dtype=np.int64)


def draw(rng, width, height):
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / rng.uniform(2, 15) + y / rng.uniform(2, 15)) * 90 + rng.uniform(60, 190) for _ in range(3)]
    return Image.fromarray((np.stack(waves, -1) + rng.normal(0, 20, (height, width, 3))).clip(0, 255).astype(np.uint8))


def view(image, number, crop, strength, size):
    start(number)
    if crop is None:
        seen = F.center_crop(F.resize(image, size * 256 // 224), size)
    else:
        i, j, h, w = RandomResizedCrop.get_params(image, *map(list, CROPS[crop]))
        seen = F.resized_crop(image, i, j, h, w, [size, size], InterpolationMode.BILINEAR)
    if stream.next() < 0.5:
        seen = F.hflip(seen)
    if strength:
        jitter = ColorJitter(strength, strength, strength)
        _, brightness, contrast, saturation, _ = ColorJitter.get_params(jitter.brightness, jitter.contrast, jitter.saturation, None)
        seen = F.adjust_saturation(F.adjust_contrast(F.adjust_brightness(seen, brightness), contrast), saturation)
    return np.asarray(seen)


def element(seed, n):
    """Returns number n, from 0, of the stream of a seed."""
    return SplitMix64(seed + n * 0x9e3779b97f4a7c15).next_int()


def file_view(path, seed, number):
    with open(path, "rb") as f:
        content = int.from_bytes(hashlib.sha256(f.read()).digest()[:8], "big")
    return view(Image.open(path), element(element(seed, number), content), *PRESETS["strong"], 28)


rng, out = np.random.default_rng(5), {"boxes": boxes()}
for n, (width, height) in enumerate([(61, 44), (44, 61), (120, 33), (28, 28), (3, 90), (1, 1)]):
    img = draw(rng, width, height)
    out[f"{n}.in"] = np.asarray(img)
    for preset, (crop, strength) in PRESETS.items():
        for number in [0, -1, *rng.integers(-2 ** 63, 2 ** 63, 2, dtype=np.int64).tolist()]:
            out[f"{n}.{preset}.{number}"] = view(img, number, crop, strength, 28)
values = np.stack([rng.permutation(256) for _ in range(3)], -1).astype(np.uint8).reshape(16, 16, 3)
values[0, :4] = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]]
out["colors.in"] = values
for what in ("Brightness", "Contrast", "Color"):
    for factor in (0.0, 0.3, 0.6, 0.9987654, 1.0, 1.0001, 1.23456789, 1.4, 2.0):
        out[f"colors.{what}.{factor}"] = np.asarray(getattr(ImageEnhance, what)(Image.fromarray(values)).enhance(factor))
for name in ("rgb.png", "rgb_444.jpg"):
    for seed, number in ((42, 1), (42, 2), (-7, 1000)):
        out[f"{name}.{seed}.{number}"] = file_view(f"{sys.argv[1]}/formats/{name}", seed, number)
save_file({n: np.ascontiguousarray(a) for n, a in out.items()}, f"{sys.argv[1]}/views.safetensors", metadata={"pillow": Image.__version__})

#!/usr/bin/env python3
"""Compares the library with Pillow 13 on drawn JPEG files, views and sizes, to the byte.

pillow.py LIBRARY [--seed N] [--count N]    LIBRARY: libgraft_images.so, as build.sh makes it

The reference is Image.draft where the file is decoded at so many eighths, then exif_transpose, crop and resize with the
box in fractions of a pixel. Exit code 1 if a byte differs or a file is refused.
"""

import argparse
import ctypes
import io
import math
import random
import struct
import sys

import numpy as np
from PIL import Image, ImageOps

ORIENTATION = 0x0112
MIRRORED, UPSIDE_DOWN = (2, 3, 6, 7), (3, 4, 7, 8)


class Library:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.graft_images_new.restype = ctypes.c_void_p
        self.memory = ctypes.c_void_p(self.library.graft_images_new())

    def pixels(self, content, size, grey, orientation, eighths, view):
        box, resized, window, flipped = view
        packed = struct.pack("11i3f", *box, *resized, *window, flipped, 1, 1, 1)
        out = (ctypes.c_uint8 * (window[2] * window[3] * 3))()
        status = self.library.graft_images_jpeg(
            self.memory, content, ctypes.c_int64(len(content)), *size, 0 if grey else 1, orientation, eighths, packed, 1, out
        )
        return None if status else np.frombuffer(out, "u1").reshape(window[3], window[2], 3)


def draw(number, width, height):
    """Returns a JPEG file of this size, whether it is grey, and its orientation."""
    rng = np.random.default_rng(number.getrandbits(32))
    coarse = rng.integers(0, 256, (max(2, height // number.randint(2, 20)), max(2, width // number.randint(2, 20)), 3))
    image = Image.fromarray(coarse.astype("u1")).resize((width, height), Image.BICUBIC)
    grey = number.random() < 0.2
    exif = Image.Exif()
    exif[ORIENTATION] = number.randint(1, 8)
    options = {} if grey else {"subsampling": number.choice([0, 1, 2])}
    options["progressive"] = number.random() < 0.3
    options["restart_marker_blocks"] = number.choice([0, 0, 0, number.randint(1, 9)])
    target = io.BytesIO()
    image.convert("L" if grey else "RGB").save(target, "JPEG", quality=number.randint(30, 98), exif=exif, **options)
    return target.getvalue(), grey, exif[ORIENTATION]


def choose_view(number, width, height):
    """Returns a box (left, top, width, height), what it becomes, the window of that, and whether it is flipped."""
    whole = number.random() < 0.3
    box = (width, height) if whole else (number.randint(1, width), number.randint(1, height))
    at = (number.randint(0, width - box[0]), number.randint(0, height - box[1]))
    resized = (number.randint(1, 60), number.randint(1, 60))
    window = (number.randint(1, resized[0]), number.randint(1, resized[1]))
    corner = (number.randint(0, resized[0] - window[0]), number.randint(0, resized[1] - window[1]))
    return at + box, resized, corner + window, number.randint(0, 1)


def pillow(content, eighths, orientation, view):
    image = Image.open(io.BytesIO(content))
    width, height = image.size
    if eighths < 8:
        # Pillow chooses the smallest of libjpeg's sizes that is not smaller than this.
        image.draft("RGB", (max(1, width * eighths // 8), max(1, height * eighths // 8)))
    assert image.size == (-(-width * eighths // 8), -(-height * eighths // 8))
    image = ImageOps.exif_transpose(image).convert("RGB")
    upright = (height, width) if orientation > 4 else (width, height)
    box, resized, (left, top, wide, high), flipped = view
    edges = []
    for axis, turned in ((0, MIRRORED), (1, UPSIDE_DOWN)):
        # A mirrored image begins with what the smaller image has too much.
        excess = image.size[axis] - upright[axis] * eighths / 8 if orientation in turned else 0
        begin = excess + box[axis] * eighths / 8
        end = min(begin + box[2 + axis] * eighths / 8, image.size[axis])
        edges.append((math.floor(begin), math.ceil(end), begin, end))
    (x, right, *across), (y, bottom, *down) = edges
    # As torchvision, this cuts out before it resizes: other pixels do not count.
    part = image.crop((x, y, right, bottom))
    part = part.resize(resized, Image.BILINEAR, (across[0] - x, down[0] - y, across[1] - x, down[1] - y))
    part = part.crop((left, top, left + wide, top + high))
    return np.asarray(ImageOps.mirror(part) if flipped else part)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    given = parser.parse_args()
    library = Library(given.library)
    number = random.Random(given.seed)
    wrong = 0
    for index in range(given.count):
        most = number.choice([40, 260, 260, 260, 900])
        width, height = number.randint(9, most), number.randint(9, most)
        content, grey, orientation = draw(number, width, height)
        eighths = number.choice([8, 8, 4, 2, 1])
        view = choose_view(number, *((height, width) if orientation > 4 else (width, height)))
        expected = pillow(content, eighths, orientation, view)
        got = library.pixels(content, (width, height), grey, orientation, eighths, view)
        if got is None or (got != expected).any():
            wrong += 1
            how = "refused" if got is None else f"off by up to {np.abs(got.astype(int) - expected).max()}"
            print(f"{index}: {width} x {height}, orientation {orientation}, {eighths}/8, view {view}: {how}")
    print(f"{wrong} of {given.count} differ from Pillow's, seed {given.seed}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

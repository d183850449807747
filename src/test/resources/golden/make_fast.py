"""Writes fast/*.jpg and fast_expected.safetensors: what Pillow makes of JPEG files that libjpeg decodes at a smaller size.

With Pillow 13, numpy and safetensors: python make_fast.py

The name of an array is the file's, for the plain image of an input of 32 x 32 whose short side is resized to 37; or the
file's, the eighths of the size, the box and the resized size of a view.
"""

import io
import math
import pathlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
SIDE, SHORT = 32, 37
FULL, HALF_WIDTH, QUARTER = 0, 1, 2


def picture(width, height, seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [
        127 + 100 * np.sin(x / rng.uniform(5, 40) + phase) * np.cos(y / rng.uniform(5, 40) + phase) for phase in range(3)
    ]
    noise = rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(np.stack(waves, 2) + noise, 0, 255).astype("u1"))


def encoded(width, height, seed, grey=False, orientation=1, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    target = io.BytesIO()
    image = picture(width, height, seed).convert("L" if grey else "RGB")
    image.save(target, "JPEG", quality=70, exif=exif, **options)
    return target.getvalue()


def upright(content, eighths):
    """Returns the image at so many eighths of its size, and the size of the whole image."""
    image = Image.open(io.BytesIO(content))
    width, height = image.size
    turned = image.getexif().get(0x0112, 1) > 4
    if eighths < 8:
        # Pillow chooses the smallest of libjpeg's sizes that is not smaller than this.
        image.draft("RGB", (width * eighths // 8, height * eighths // 8))
    assert image.size == (-(-width * eighths // 8), -(-height * eighths // 8))
    whole = (height, width) if turned else (width, height)
    return ImageOps.exif_transpose(image).convert("RGB"), whole


def plain(content, eighths):
    image, (width, height) = upright(content, eighths)
    shorter = min(width, height)
    resized = (int(SHORT * width / shorter), int(SHORT * height / shorter))
    box = (0, 0, width * eighths / 8, height * eighths / 8)
    left, top = (round((size - SIDE) / 2) for size in resized)
    return image.resize(resized, Image.BILINEAR, box).crop((left, top, left + SIDE, top + SIDE))


def view(content, eighths, box, resized):
    """As torchvision, cuts out before the resize: pixels that are not at least partly in the box do not count."""
    left, top, width, height = (size * eighths / 8 for size in box)
    right, bottom = left + width, top + height
    x, y = math.floor(left), math.floor(top)
    part = upright(content, eighths)[0].crop((x, y, math.ceil(right), math.ceil(bottom)))
    return part.resize(resized, Image.BILINEAR, (left - x, top - y, right - x, bottom - y))


files = {
    "eighth_420.jpg": (encoded(400, 304, 1, subsampling=QUARTER), 1),
    "eighth_progressive.jpg": (encoded(304, 400, 2, subsampling=QUARTER, progressive=True), 1),
    "eighth_odd.jpg": (encoded(403, 301, 3, subsampling=QUARTER), 1),
    "quarter_422.jpg": (encoded(320, 240, 4, subsampling=HALF_WIDTH), 2),
    "quarter_grey.jpg": (encoded(240, 320, 5, grey=True), 2),
    "quarter_restart.jpg": (encoded(320, 160, 6, subsampling=QUARTER, restart_marker_blocks=7), 2),
    "half_444.jpg": (encoded(160, 120, 7, subsampling=FULL), 4),
    "half_420.jpg": (encoded(88, 120, 8, subsampling=QUARTER), 4),
    "whole_420.jpg": (encoded(90, 73, 9, subsampling=QUARTER), 8),
} | {
    "turned_%d.jpg" % turn: (encoded(160, 240, 10 + turn, subsampling=QUARTER, orientation=turn), 2)
    for turn in range(2, 9)
}
views = {
    "eighth_420.jpg": [
        (1, (0, 0, 400, 304), (40, 30)),
        (1, (40, 16, 320, 264), (32, 32)),
        (2, (40, 16, 320, 264), (32, 32)),
        (4, (40, 16, 320, 264), (32, 32)),
        (2, (37, 21, 290, 255), (32, 32)),
    ],
    "turned_5.jpg": [(2, (16, 8, 160, 136), (32, 32)), (4, (16, 8, 160, 136), (32, 32))],
    "turned_8.jpg": [(2, (16, 8, 160, 136), (32, 32))],
    "quarter_grey.jpg": [(2, (16, 0, 200, 320), (20, 9))],
    "half_444.jpg": [(4, (0, 0, 160, 120), (32, 32))],
}
folder = HERE / "fast"
folder.mkdir(exist_ok=True)
expected = {}
for name, (content, eighths) in files.items():
    (folder / name).write_bytes(content)
    expected[name] = np.asarray(plain(content, eighths))
for name, some in views.items():
    for eighths, box, resized in some:
        key = "%s %d %s %s" % (name, eighths, ",".join(map(str, box)), ",".join(map(str, resized)))
        expected[key] = np.asarray(view(files[name][0], eighths, box, resized))
save_file(expected, HERE / "fast_expected.safetensors")

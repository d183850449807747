"""Writes pnm/*.p?m and pnm_expected.safetensors: Netpbm files and Pillow's decoding of them.

With Pillow 13, numpy and safetensors: python make_pnm.py
"""

import io
import pathlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 13, 7
rng = np.random.default_rng(1)


def raw(maximum, channels):
    values = rng.integers(0, maximum + 1, (HEIGHT, WIDTH, channels))
    return values.astype(">u2" if maximum > 255 else "u1").tobytes()


def plain(maximum, channels):
    values = rng.integers(0, maximum + 1, HEIGHT * WIDTH * channels)
    return "\n".join(" ".join(map(str, values[i : i + 17])) for i in range(0, len(values), 17)).encode()


size = b"%d %d" % (WIDTH, HEIGHT)
bits = rng.integers(0, 2, (HEIGHT, WIDTH))
files = {
    "rgb.ppm": b"P6\n" + size + b"\n255\n" + raw(255, 3),
    "grey.pgm": b"P5\n" + size + b"\n255\n" + raw(255, 1),
    "trailing.ppm": b"P6 " + size + b" 255\n" + raw(255, 3) + b"more bytes",
    "comments.ppm": b"P6\n# one\n#two\r" + size + b" # three\n\t255\n" + raw(255, 3),
    "joined_comment.pgm": b"P5 1#x\n3 7 255\n" + raw(255, 1),
    "grey_with_hash.pgm": b"P5 " + size + b" 255\n#" + raw(255, 1)[1:],
    "rgb_largest_100.ppm": b"P6 " + size + b" 100\n" + raw(100, 3),
    "rgb_above_largest.ppm": b"P6 " + size + b" 100\n" + raw(255, 3),
    "grey_largest_1.pgm": b"P5 " + size + b" 1\n" + raw(1, 1),
    "grey_largest_254.pgm": b"P5 " + size + b" 254\n" + raw(254, 1),
    "rgb_1023.ppm": b"P6 " + size + b" 1023\n" + raw(1023, 3),
    "rgb_65535.ppm": b"P6 " + size + b" 65535\n" + raw(65535, 3),
    "grey_1023.pgm": b"P5 " + size + b" 1023\n" + raw(1023, 1),
    "grey_40000.pgm": b"P5 " + size + b" 40000\n" + raw(600, 1)[:0] + rng.integers(0, 300, (HEIGHT, WIDTH)).astype(">u2").tobytes(),
    "grey_65535.pgm": b"P5 " + size + b" 65535\n" + rng.integers(0, 400, (HEIGHT, WIDTH)).astype(">u2").tobytes(),
    "bitmap.pbm": b"P4\n" + size + b"\n" + np.packbits(bits, axis=1).tobytes(),
    "bitmap_plain.pbm": b"P1\n" + size + b"\n" + "\n".join("".join(map(str, row)) for row in bits).encode() + b"\n",
    "bitmap_plain_comment.pbm": b"P1 " + size + b" 01#0\n" + " ".join(map(str, bits.ravel()[2:])).encode(),
    "grey_plain.pgm": b"P2\n" + size + b"\n255\n" + plain(255, 1) + b"\n",
    "grey_plain_15.pgm": b"P2\n" + size + b"\n15\n" + plain(15, 1),
    "grey_plain_65535.pgm": b"P2 " + size + b" 65535 " + plain(400, 1),
    "rgb_plain.ppm": b"P3\n# comment\n" + size + b"\n255\n" + plain(255, 3) + b" 1 2 3",
    "rgb_plain_comment.ppm": b"P3 " + size + b" 255 " + plain(99, 3).replace(b"\n", b" # 1 2\n", 3),
    "rgb_plain_1023.ppm": b"P3 " + size + b" 1023 " + plain(1023, 3),
}
refused = {
    "cut.ppm": files["rgb.ppm"][:-1],
    "cut_16_bits.pgm": files["grey_1023.pgm"][:-1],
    "cut_bitmap.pbm": files["bitmap.pbm"][:-1],
    "cut_plain.ppm": b"P3 2 1 255 1 2 3 4 5",
    "cut_plain_bitmap.pbm": b"P1 2 2 0 1 1",
    "cut_header.ppm": b"P6 13 7",
    "largest_0.pgm": b"P5 1 1 0\n1",
    "largest_65536.pgm": b"P5 1 1 65536\n12",
    "letters.ppm": b"P3 1 1 255 1 x 3",
    "negative.pgm": b"P2 1 1 255 -1",
    "above.pgm": b"P2 1 1 9 10",
    "long_number.pgm": b"P2 1 1 255 00000000001",
    "long_size.pgm": b"P5 00000000001 1 255 1",
    "three_in_bitmap.pbm": b"P1 2 1 0 3",
    "empty.pgm": b"P5 0 3 255\n1",
}
folder = HERE / "pnm"
folder.mkdir(exist_ok=True)
expected = {}
for name, content in files.items():
    (folder / name).write_bytes(content)
    image = Image.open(io.BytesIO(content))
    assert image.format == "PPM"
    expected[name] = np.asarray(image.convert("RGB"))
for name, content in refused.items():
    (folder / name).write_bytes(content)
    try:
        Image.open(io.BytesIO(content)).convert("RGB")
    except (OSError, ValueError, SyntaxError):
        continue
    raise AssertionError(name)
save_file(expected, HERE / "pnm_expected.safetensors")

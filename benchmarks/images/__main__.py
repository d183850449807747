"""Compares Graft's decoder with Pillow on odd image files.

    python benchmarks/images PILLOW TWELVEMONKEYS

PILLOW and TWELVEMONKEYS are checkouts of github.com/python-pillow/Pillow and github.com/haraldk/TwelveMonkeys. The
files are those test images that Graft's formats cover, found by name, and seeded damaged copies of them up to
--files: cut off, with bytes changed, or with a piece left out. What is right is
ImageOps.exif_transpose(Image.open(file)).convert("RGB").
"""

import argparse
import collections
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import threading
import warnings

import numpy as np
from PIL import Image, ImageFile, ImageOps, features

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import common

ENDINGS = {"jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "bmp", "dib", "tif", "tiff", "webp", "ppm", "pgm", "pbm", "pnm"}
FORMATS = {"JPEG", "MPO", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM"}
SECONDS = 60


def pillow(path):
    """Returns the format and either the pixels or the error of Pillow. The format is None if it knows none."""
    kind = None
    try:
        with Image.open(path) as image:
            kind = image.format
            return kind, np.asarray(ImageOps.exif_transpose(image).convert("RGB")), None
    except Exception as e:  # Pillow's decoders raise many kinds.
        return kind, None, f"{type(e).__name__}: {e}"


class Graft:
    """The decoder in a separate process, which is started again after a crash or a hang."""

    def __init__(self, java):
        self.java = java
        self.process = None

    def read(self, path):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(self.java, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 20)
        hung = threading.Timer(SECONDS, self.process.kill)
        hung.start()
        try:
            self.process.stdin.write((str(path) + "\n").encode())
            self.process.stdin.flush()
            status = self.process.stdout.read(1)
            if status == b"\x01":
                width, height = struct.unpack(">ii", self.process.stdout.read(8))
                pixels = self.process.stdout.read(3 * width * height)
                return np.frombuffer(pixels, np.uint8).reshape(height, width, 3), None, False
            if status in (b"\x00", b"\x02"):
                (length,) = struct.unpack(">i", self.process.stdout.read(4))
                return None, self.process.stdout.read(length).decode(), status == b"\x02"
            return None, "the process ended or hung", True
        finally:
            hung.cancel()


def damaged(data, chance):
    """Returns a copy that is cut off, changed in some bytes, or lacks a piece."""
    way = chance.randrange(3)
    data = bytearray(data)
    if way == 0:
        return bytes(data[: chance.randrange(1, len(data))]), "cut"
    if way == 1:
        for _ in range(chance.choice([1, 4, 16])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data), "changed"
    start = chance.randrange(len(data))
    del data[start : start + chance.randrange(1, 1 + len(data) // 8)]
    return bytes(data), "gap"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="+", type=pathlib.Path, help="checkouts with image files")
    parser.add_argument("--files", type=int, default=1500, help="how many files, damaged copies included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", type=pathlib.Path, help="write one line per file here, tab-separated")
    parser.add_argument("--classpath", default=common.JAR, help="what has Graft; the built jar if absent")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = 89478485
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    options = ["-Xmx2g", "-Djava.awt.headless=true", "-cp", str(arguments.classpath)]
    graft = Graft([common.java(), *options, str(common.PEERS / "GraftDecode.java")])

    files = []
    for source in arguments.sources:
        found = sorted(p for p in source.rglob("*") if p.suffix[1:].lower() in ENDINGS and p.is_file())
        files += [(p, p.relative_to(source.parent).as_posix(), "whole") for p in found if p.stat().st_size]
    chance = random.Random(arguments.seed)
    whole = list(files)
    with tempfile.TemporaryDirectory() as folder:
        while len(files) < arguments.files:
            original, name, _ = chance.choice(whole)
            data, way = damaged(original.read_bytes(), chance)
            copy = pathlib.Path(folder) / f"{len(files)}{original.suffix}"
            copy.write_bytes(data)
            files.append((copy, f"{len(files)}:{name}", way))
        report(files, graft, arguments)


def report(files, graft, arguments):
    counts = collections.Counter()
    rows = []
    for path, name, way in files:
        kind, right, error = pillow(path)
        pixels, refusal, crashed = graft.read(path)
        if crashed:
            verdict, detail = "CRASH", refusal
        elif right is not None and kind not in FORMATS:
            verdict, detail = "other format", kind
        elif right is None:
            verdict = "both refuse" if pixels is None else "ONLY GRAFT READS"
            detail = f"{error} | {refusal}"
        elif pixels is None:
            verdict, detail = "ONLY PILLOW READS", refusal
        elif pixels.shape != right.shape:
            verdict, detail = "OTHER SIZE", f"{pixels.shape} {right.shape}"
        else:
            difference = np.abs(pixels.astype(int) - right).mean()
            verdict = "equal" if difference == 0 else "within 3" if difference <= 3 else "MEAN ERROR ABOVE 3"
            detail = f"{difference:.4f}"
        group = "whole" if way == "whole" else "damaged"
        counts[group, verdict] += 1
        rows.append((verdict, kind or "-", way, name, " ".join(detail.split())))
    if arguments.list:
        arguments.list.write_text("".join("\t".join(row) + "\n" for row in sorted(rows)))
    print(f"{len(files)} files, seed {arguments.seed}, Pillow {Image.__version__}, libjpeg-turbo {features.version('libjpeg_turbo')}")
    for group in ("whole", "damaged"):
        print(group)
        for (of, verdict), count in sorted(counts.items()):
            if of == group:
                print(f"  {verdict:20} {count}")
    read = sum(n for (_, v), n in counts.items() if v in ("equal", "within 3", "MEAN ERROR ABOVE 3", "OTHER SIZE"))
    missed = sum(n for (_, v), n in counts.items() if v == "ONLY PILLOW READS")
    print(f"Graft reads {read} of the {read + missed} files that Pillow reads: {read / (read + missed):.2%}")


if __name__ == "__main__":
    main()

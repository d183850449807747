"""The rows of benchmarks/finetune: written once, read by Graft and by its peers."""

import json
import pathlib
import struct

import numpy

BATCH_SIZE, CLASSES = 32, 10


def write(path, kind, rows, size):
    """Writes a feature file like `graft extract`: float16 activations of block4_pool, or float16 normalised images."""
    random = numpy.random.default_rng(1)
    shape = (rows, 512, 14, 14) if kind == "block5" else (rows, 3, size, size)
    features = random.standard_normal(shape, dtype=numpy.float32)
    features = (features.clip(0) if kind == "block5" else features).astype("<f2")
    labels = random.integers(0, CLASSES, rows).astype("<i8")
    tensors = {
        "features": {"dtype": "F16", "shape": shape, "data_offsets": [0, features.nbytes]},
        "labels": {"dtype": "I64", "shape": labels.shape, "data_offsets": [features.nbytes, features.nbytes + labels.nbytes]},
    }
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(header)) + header + features.tobytes() + labels.tobytes())


def read(path):
    """Returns rows (n, channels, height, width), float16, and labels (n), int64."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        features = json.loads(file.read(length))["features"]
        rows = numpy.frombuffer(file.read(features["data_offsets"][1]), "<f2").reshape(features["shape"])
        labels = numpy.frombuffer(file.read(), "<i8")
    return rows.copy(), labels.copy()

#!/usr/bin/env python3
"""Writes HDF5 files whose datasets are stored in small chunks, through every filter that h5py has, and in both byte orders.

Needs: pip install h5py numpy
Run:   python make_chunks.py   (in this folder)
Made:  with h5py 3.14.0

Element i of every dataset (row-major) is (i * 37 % 1021) / 8 - 64, which float16 holds exactly.

keras_filters.h5.gz    a convolution kernel (3, 3, 5, 6) and a dense kernel (20, 13) per way of storing; the layer is named for it
keras_scale_offset.h5  a filter that is not read; must be refused by name
keras_checksum.h5      a chunk with a wrong checksum; must be refused
"""
import gzip
import os

import h5py
import numpy as np

SHAPES = {"conv": ((3, 3, 5, 6), (1, 2, 3, 4)), "dense": ((20, 13), (7, 5))}
WAYS = {
    "contiguous": {},
    "chunked": {"chunks": True},
    "gzip": {"compression": "gzip"},
    "gzip_shuffle": {"compression": "gzip", "shuffle": True},
    "lzf": {"compression": "lzf"},
    "lzf_shuffle": {"compression": "lzf", "shuffle": True},
    "fletcher": {"fletcher32": True},
    "gzip_shuffle_fletcher": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "lzf_fletcher": {"compression": "lzf", "fletcher32": True},
}


def values(shape, dtype):
    i = np.arange(np.prod(shape))
    return (i * 37 % 1021 / 8 - 64).reshape(shape).astype(dtype)


def write(file, layer, kind, dtype, way):
    shape, chunks = SHAPES[kind]
    file.create_dataset(f"{layer}/kernel:0", data=values(shape, dtype), **({**way, "chunks": chunks} if way else {}))


with h5py.File("keras_filters.h5", "w") as f:
    for name, way in WAYS.items():
        for kind in SHAPES:
            write(f, f"{kind}_{name}", kind, "<f4", way)
    for dtype, order in ((d, o) for d in ("f2", "f4", "f8") for o in "<>"):
        name = f"{dtype}_{'little' if order == '<' else 'big'}"
        write(f, f"dense_{name}", "dense", order + dtype, {})
        write(f, f"dense_{name}_gzip", "dense", order + dtype, WAYS["gzip_shuffle"])
with open("keras_filters.h5", "rb") as f, open("keras_filters.h5.gz", "wb") as packed:
    packed.write(gzip.compress(f.read(), 9, mtime=0))
os.remove("keras_filters.h5")
with h5py.File("keras_scale_offset.h5", "w") as f:
    shape, chunks = SHAPES["dense"]
    f.create_dataset("dense/kernel:0", data=values(shape, "<f4"), chunks=chunks, scaleoffset=3)
with h5py.File("keras_checksum.h5", "w") as f:
    write(f, "dense", "dense", "<f4", WAYS["fletcher"])
    chunk = f["dense/kernel:0"].id.get_chunk_info(0)
    at, size = chunk.byte_offset, chunk.size
with open("keras_checksum.h5", "r+b") as f:
    f.seek(at + size - 10)
    f.write(b"\1")

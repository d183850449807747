#!/usr/bin/env python3
"""Writes vgg16_keras_notop_zeros.h5.gz.gz: VGG16 without its top as Keras publishes it, full size, with zero weights.

It is compressed twice, because one pass of deflate cannot go below a thousandth of the size.

Needs: pip install h5py numpy
Run:   python make_zero_keras.py OUT
Made:  with h5py 3.14.0
"""
import gzip
import io
import os
import sys

import h5py
import numpy as np

CHANNELS = [(3, 64, 64), (64, 128, 128), (128, 256, 256, 256), (256, 512, 512, 512), (512, 512, 512, 512)]

file = io.BytesIO()
with h5py.File(file, "w") as h5:
    names = []
    for block, channels in enumerate(CHANNELS, 1):
        for i in range(1, len(channels)):
            name = f"block{block}_conv{i}"
            names.append(name)
            group = h5.create_group(name)
            group.create_dataset(f"{name}_W_1:0", data=np.zeros((3, 3, channels[i - 1], channels[i]), np.float32))
            group.create_dataset(f"{name}_b_1:0", data=np.zeros(channels[i], np.float32))
            group.attrs["weight_names"] = np.array([f"{name}_W_1:0", f"{name}_b_1:0"], "S")
        names.append(f"block{block}_pool")
        h5.create_group(names[-1]).attrs["weight_names"] = np.array([], "S1")
    h5.attrs["layer_names"] = np.array(names, "S")
twice = gzip.compress(gzip.compress(file.getvalue(), 9, mtime=0), 9, mtime=0)
with open(os.path.join(sys.argv[1], "vgg16_keras_notop_zeros.h5.gz.gz"), "wb") as out:
    out.write(twice)
print(len(file.getvalue()), len(twice))

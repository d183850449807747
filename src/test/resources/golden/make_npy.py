"""Writes npy.json: arrays and the bytes that numpy.save writes for them.

Run with NumPy 2.4.6: python make_npy.py
"""

import io
import json
import pathlib

import numpy as np

cases = []
generator = np.random.default_rng(7)
for dtype, shape in [("<f2", (3, 2, 1, 2)), ("<f4", (2, 5)), ("<i8", (4,)), ("<f2", (12345, 1))]:
    values = generator.integers(0, 100, shape).astype(dtype)
    if len(cases) == 3:  # Only the length of the header matters.
        values[:] = 0
    file = io.BytesIO()
    np.save(file, values)
    whole = file.getvalue()
    header = len(whole) - values.nbytes
    cases.append(
        {
            "dtype": dtype,
            "shape": shape,
            "header": whole[:header].hex(),
            "data": whole[header : header + 64].hex(),
        }
    )
pathlib.Path(__file__).with_name("npy.json").write_text(json.dumps(cases, indent=1) + "\n")

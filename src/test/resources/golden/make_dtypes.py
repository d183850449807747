#!/usr/bin/env python3
"""Writes every_dtype.safetensors with the safetensors library: all its element types, with edge-case values.

Needs: pip install torch==2.7.1 safetensors==0.8.0 numpy
Run:   python make_dtypes.py OUT

For X in f16, bf16, f64: `X` holds subnormals, both zeros, infinities, NaN, the largest finite value, ties and ordinary numbers.
`X.float32` holds PyTorch's conversion of them. Every other tensor holds a few values of its type. `scalar` has no dimension, `empty` no
element, `empty_scalarless` has shape (0). Metadata holds a line break, a quotation mark and characters beyond U+FFFF.
"""
import sys

import torch
from safetensors.torch import save_file

INF, NAN = float("inf"), float("nan")
out = {}
half = torch.tensor([0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x3C00, 0x3555, 0x5640],
                    dtype=torch.int32).to(torch.int16)
out["f16"] = half.view(torch.float16)
out["bf16"] = torch.tensor([0x0000, 0x8000, 0x0001, 0x8001, 0x007F, 0x0080, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0x3F80, 0x3EAB],
                           dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
out["f64"] = torch.tensor([0.0, -0.0, 5e-324, 1e-40, -1.4e-45, 1e-46, 3.4028235e38, 3.5e38, -1e308, INF, -INF, NAN, 1 / 3,
                           1 + 2**-24, 1 + 3 * 2**-24, 1 + 2**-24 + 2**-50], dtype=torch.float64)
for name in ("f16", "bf16", "f64"):
    out[name + ".float32"] = out[name].to(torch.float32)
out["f32"] = torch.tensor([[1.5, -0.0, 1e-45], [INF, NAN, 3.4028235e38]], dtype=torch.float32)
for dtype in (torch.int8, torch.int16, torch.int32, torch.int64):
    info = torch.iinfo(dtype)
    out[str(dtype)[6:]] = torch.tensor([info.min, -1, 0, 1, info.max], dtype=dtype)
for dtype in (torch.uint8, torch.uint16, torch.uint32):
    out[str(dtype)[6:]] = torch.tensor([0, 1, torch.iinfo(dtype).max], dtype=dtype)
out["uint64"] = torch.tensor([0, 1, -1], dtype=torch.int64).view(torch.uint64)
out["bool"] = torch.tensor([True, False, True])
for dtype in (torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz):
    out[str(dtype)[6:]] = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float32).to(dtype)
out["complex64"] = torch.tensor([1 + 2j, -3j], dtype=torch.complex64)
out["scalar"] = torch.tensor(2.5, dtype=torch.float32)
out["empty"] = torch.zeros((3, 0, 2), dtype=torch.float32)
out["empty_scalarless"] = torch.zeros((0,), dtype=torch.float16)
save_file(out, f"{sys.argv[1]}/every_dtype.safetensors",
          metadata={"plain": "text", "awkward": "line\nbreak \"quoted\" \\ \u00e9 \u4e2d \U0001f33b \u0000", "": "empty key"})

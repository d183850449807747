#!/usr/bin/env python3
"""Writes PyTorch files in all common forms, and malicious ones, with the writers of PyTorch and Python.

The tests read NAME.pth and NAME.pt. For each of their tensors, expected.safetensors holds NAME/TENSOR as PyTorch reads it, in float32
(integers too). hostile/ holds files that must be refused.

Needs: pip install torch safetensors numpy
Run:   python make_pytorch.py OUT
Made:  with torch 2.7.1
"""
import collections
import io
import os
import pickle
import struct
import sys
import warnings
import zipfile
import zlib

import numpy as np
import torch
from safetensors.torch import save as serialize
from torch import nn

OUT = sys.argv[1]
EXPECTED = {}
torch.manual_seed(1)


def record(name, state):
    for key, tensor in state.items():
        EXPECTED[f"{name}/{key}"] = tensor.detach().float().contiguous().clone()


def save(name, value, state, **options):
    path = f"{OUT}/{name}.pth"
    torch.save(value, path, **options)
    record(name, state(torch.load(path, weights_only=not options.get("pickle_protocol"))))
    return path


def rezip(source, target, change, compression=zipfile.ZIP_STORED):
    """Copies a zip archive entry by entry; change(name, data) returns the [(name, data)] to write instead."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for info in old.infolist():
            for name, data in change(info.filename, old.read(info)):
                new.writestr(zipfile.ZipInfo(name), data, compression)


def views():
    base = torch.arange(120, dtype=torch.float32) / 7
    cube = base[:60].reshape(3, 4, 5)
    return collections.OrderedDict(
        whole=base,
        transposed=cube.permute(2, 0, 1),
        strided=base[3:100:5],
        offset=base[11:23].reshape(3, 4),
        expanded=torch.tensor([1.5, -2.5]).reshape(2, 1).expand(2, 6),
        channels_last=torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        half_transposed=torch.randn(7, 3).half().t(),
        double_strided=torch.randn(40, dtype=torch.float64)[1::3],
        overlapping=base.as_strided((4, 3), (1, 2), 5),
        scalar=torch.tensor(3.25),
        scalar_view=base[17],
        empty=torch.empty(0),
        empty_axis=torch.empty(3, 0, 2).permute(2, 0, 1),
        ones_axes=base[4:10].reshape(1, 6, 1),
    )


def dtypes():
    numbers = torch.tensor([0.0, -1.0, 1.0, 3.0, 100.0, 0.5])
    extremes = torch.tensor([float("inf"), float("-inf"), 6e-8, 1e-30, 65504.0, -0.0])
    state = {str(t).split(".")[1]: torch.cat([numbers, extremes]).to(t) for t in (torch.float32, torch.float16, torch.bfloat16, torch.float64)}
    for t in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool):
        state[str(t).split(".")[1]] = torch.tensor([0, 1, 2, 77], dtype=t)
    return state


def network():
    return nn.Sequential(collections.OrderedDict(
        features=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), classifier=nn.Linear(4, 2)))


class Scripted(nn.Module):
    """A module with attributes that are not weights, and with one inner module that is used twice."""

    def __init__(self):
        super().__init__()
        self.first = network()
        self.again = self.first.features
        self.sizes = torch.jit.Attribute([1, 2, 3], list[int])
        self.names = torch.jit.Attribute({"a": 1.5}, dict[str, float])
        self.big = torch.jit.Attribute(2**62, int)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.first.features((x - self.mean[:, None, None]) / self.sizes[0])
        return self.first.classifier(self.again[1](y).mean([2, 3]))


class Python2Pickler(pickle._Pickler):
    """Writes texts and ordered dictionaries like Python 2."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, text):
        data = text.encode("latin-1")
        self.write(b"U" + bytes([len(data)]) + data)
        self.memoize(text)

    dispatch[str] = save_str

    def save_ordered(self, ordered):
        self.save_reduce(collections.OrderedDict, ([[k, v] for k, v in ordered.items()],), obj=ordered)

    dispatch[collections.OrderedDict] = save_ordered


def legacy(root, keys, storages, little=True, pickler=pickle.Pickler, magic=0x1950A86A20F9469CFC6C, version=1001):
    """Builds a legacy file by hand. root may hold Key(...) in place of a storage."""
    out = io.BytesIO()
    for value in (magic, version, {"protocol_version": 1001, "little_endian": little, "type_sizes": {"short": 2, "int": 4, "long": 4}}):
        pickle.dump(value, out, protocol=2)

    class Writer(pickler):
        def persistent_id(self, value):
            return value.id if isinstance(value, Key) else None

    Writer(out, protocol=2).dump(root)
    pickle.dump(keys, out, protocol=2)
    for numbers in storages:
        out.write(struct.pack("<q", len(numbers)) + struct.pack(f"<{len(numbers)}f", *numbers))
    return out.getvalue()


class Key:
    def __init__(self, key, elements, view=None):
        self.id = ("storage", torch.FloatStorage, key, "cpu", elements, view)


class Call:
    """An object that pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.parts = function, arguments

    def __reduce__(self):
        return self.parts


def write(name, data):
    with open(f"{OUT}/{name}", "wb") as f:
        f.write(data)


def good():
    own = lambda loaded: loaded
    for form, options in (("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})):
        save(f"views_{form}", views(), own, **options)
        save(f"dtypes_{form}", dtypes(), own, **options)
        model = network()
        parallel = {f"module.{k}": v for k, v in model.state_dict().items()}
        beside = {"epoch": 7, "loss": 0.25, "arch": "vgg16", "big": 2**200, "negative": -(2**40), "none": None, "flag": True,
                  "list": [1, (2.5, "x")], "optimizer": {"state": {0: {"step": torch.tensor(4.0)}}, "param_groups": [{"lr": 1e-3}]}}
        strip = lambda state: {k.removeprefix("module."): v for k, v in state.items()}
        save(f"state_dict_{form}", {"state_dict": parallel, **beside}, lambda c: strip(c["state_dict"]), **options)
        save(f"model_{form}", {**beside, "model": parallel}, lambda c: strip(c["model"]), **options)
        save(f"parameters_{form}", {"w": nn.Parameter(torch.randn(2, 3)), "b": nn.Parameter(torch.randn(2), requires_grad=False), "step": 3}, lambda c: {k: c[k] for k in "wb"}, **options)
    for protocol in (3, 4, 5):
        for form, options in (("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})):
            value = {**dtypes(), "bytes": b"abc", "set": {1, 2}, "text": "ü" * 300} if protocol >= 4 else dtypes()
            save(f"protocol{protocol}_{form}", value, lambda c: {k: v for k, v in c.items() if torch.is_tensor(v)}, pickle_protocol=protocol, **options)
    rezip(f"{OUT}/parameters_zip.pth", f"{OUT}/no_byteorder.pth", lambda n, d: [] if n.endswith("byteorder") else [(n, d)])
    record("no_byteorder", {k: v for k, v in torch.load(f"{OUT}/no_byteorder.pth").items() if torch.is_tensor(v)})
    torch.jit.script(Scripted()).save(f"{OUT}/scripted.pt")
    record("scripted", torch.jit.load(f"{OUT}/scripted.pt").state_dict())
    torch.jit.trace(network().features.eval(), torch.zeros(1, 3, 8, 8)).save(f"{OUT}/traced.pt")
    record("traced", torch.jit.load(f"{OUT}/traced.pt").state_dict())
    save("mixed_prefix", {"module.a": torch.ones(2), "b": torch.zeros(1)}, own)
    zip64()
    python2()


def zip64():
    """Moves sizes and offsets of a directory into zip64 extra fields, as archives over 4 GiB have them."""
    data = open(f"{OUT}/parameters_zip.pth", "rb").read()
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        infos, start = z.infolist(), z.start_dir
    directory = b""
    for i in infos:
        extra = struct.pack("<HHQQQ", 1, 24, i.file_size, i.compress_size, i.header_offset)
        name = i.filename.encode()
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, i.flag_bits, 0, 0, 0, i.CRC, 2**32 - 1, 2**32 - 1, len(name), len(extra), 0, 0, 0, 0, 2**32 - 1) + name + extra
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(infos), len(infos), len(directory), start)
    locator = struct.pack("<IIQI", 0x07064B50, 0, start + len(directory), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    write("zip64.pth", data[:start] + directory + end64 + locator + end)
    with zipfile.ZipFile(f"{OUT}/zip64.pth") as z:
        assert z.testzip() is None
    record("zip64", {k: v for k, v in torch.load(f"{OUT}/zip64.pth").items() if torch.is_tensor(v)})


def python2():
    v1, ordered = torch._utils._rebuild_tensor, collections.OrderedDict
    root = ordered([("a", Call(v1, Key("11", 6), 1, (2, 2), (2, 1))), ("b", Call(v1, Key("12", 8, ("13", 3, 4)), 1, (3,), (1,)))])
    write("python2.pth", legacy(root, ["11", "12"], [[1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6, 7]], pickler=Python2Pickler))
    loaded = torch.load(f"{OUT}/python2.pth", weights_only=False)
    assert loaded["b"].tolist() == [4, 5, 6]
    record("python2", loaded)


def hostile():
    v2, ordered = torch._utils._rebuild_tensor_v2, collections.OrderedDict
    tensor = lambda key="0", elements=2, offset=0, shape=(2,), stride=(1,), view=None: Call(v2, Key(key, elements, view), offset, shape, stride, False, ordered())
    cyclic, deep = {"w": tensor()}, []
    cyclic["state_dict"] = cyclic
    looped = []
    looped.append(looped)
    for _ in range(400):
        deep = [deep]
    roots = {
        "os_system": {"w": tensor(), "x": Call(os.system, "touch executed")},
        "builtins_eval": {"w": tensor(), "x": Call(eval, "1/0")},
        "cyclic": cyclic,
        "cyclic_list": {"w": tensor(), "x": looped},
        "deep": {"w": tensor(), "x": deep},
        "huge_storage": {"w": tensor(elements=2**60, shape=(2**60,))},
        "huge_storage_small_view": {"w": tensor(elements=2**60)},
        "huge_tensor": {"w": tensor(shape=(2**60,), stride=(0,))},
        "overflowing_shape": {"w": tensor(shape=(2**40, 2**40), stride=(0, 0))},
        "overflowing_stride": {"w": tensor(shape=(2, 2), stride=(2**62, 2**62))},
        "past_end": {"w": tensor(offset=1)},
        "negative_offset": {"w": tensor(offset=-1)},
        "negative_stride": {"w": tensor(offset=1, stride=(-1,))},
        "view_past_end": {"w": tensor(view=("9", 1, 2))},
        "two_types": {"w": tensor(), "v": tensor(elements=3)},
        "metadata": {"w": Call(v2, Key("0", 2), 0, (2,), (1,), False, ordered(), {"neg": True})},
        "not_a_dictionary": [tensor()],
        "two_models": {"model": {"w": tensor()}, "state_dict": {"w": tensor()}},
    }
    for name, root in roots.items():
        data = legacy(root, ["0"], [[1.0, 2.0]])
        # Python writes the names of the modules that define these functions. Attackers write the usual names.
        data = data.replace(b"cposix\nsystem\n", b"cos\nsystem\n").replace(b"c__builtin__\neval\n", b"cbuiltins\neval\n")
        write(f"hostile/{name}.pth", data)

    good = {"w": tensor()}
    write("hostile/no_tensors.pth", legacy({"weights": {"w": 3}}, [], []))
    write("hostile/big_endian.pth", legacy(good, ["0"], [[1.0, 2.0]], little=False))
    write("hostile/trailing.pth", legacy(good, ["0"], [[1.0, 2.0]]) + b"\0")
    huge = legacy({"w": tensor(elements=2**60, shape=(2**60,))}, ["0"], [[1.0, 2.0]])
    write("hostile/huge_storage_and_count.pth", huge[:-16] + struct.pack("<q", 2**60) + huge[-8:])
    write("hostile/other_count.pth", legacy(good, ["0"], [[1.0, 2.0, 3.0]]))
    write("hostile/unlisted_storage.pth", legacy(good, [], []))
    write("hostile/storage_twice.pth", legacy(good, ["0", "0"], [[1.0, 2.0]] * 2))
    write("hostile/unknown_storage.pth", legacy(good, ["0", "7"], [[1.0, 2.0]] * 2))
    write("hostile/version.pth", legacy(good, ["0"], [[1.0, 2.0]], version=1002))

    source = f"{OUT}/parameters_zip.pth"
    def zipped(name, change, **options):
        rezip(source, f"{OUT}/hostile/{name}.pth", change, **options)
    zipped("zip_big_endian", lambda n, d: [(n, b"big" if n.endswith("byteorder") else d)])
    zipped("zip_deflated", lambda n, d: [(n, d)], compression=zipfile.ZIP_DEFLATED)
    zipped("zip_short_storage", lambda n, d: [(n, d[:-4] if n.endswith("data/0") else d)])
    zipped("zip_missing_storage", lambda n, d: [] if n.endswith("data/1") else [(n, d)])
    zipped("zip_no_pickle", lambda n, d: [] if n.endswith("data.pkl") else [(n, d)])
    zipped("zip_pickle_goes_on", lambda n, d: [(n, d + b"N." if n.endswith("data.pkl") else d)])
    zipped("zip_os_system", lambda n, d: [(n, pickle.dumps(Call(os.system, "true"), 2) if n.endswith("data.pkl") else d)])
    zipped("zip_script_class", lambda n, d: [(n, b"\x80\x02c__torch__.m\nM\n)\x81}b." if n.endswith("data.pkl") else d)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zipped("zip_twice", lambda n, d: [(n, d)] * (2 if n.endswith("data/0") else 1))
    data = open(source, "rb").read()
    write("hostile/zip_trailing.pth", data + b"\0")
    at = data.index(b"data/1")
    write("hostile/zip_other_name.pth", data[:at] + b"data/7" + data[at + 6:])
    write("hostile/zip_overlap.pth", overlapping_zip())
    frozen = torch.jit.freeze(torch.jit.trace(network().features.eval(), torch.zeros(1, 3, 8, 8)))
    frozen.save(f"{OUT}/hostile/frozen.pt")
    # Each module is twice an attribute of the next one: 2^30 paths and no tensor.
    nested = b"c__torch__.m\nM\n)\x81"
    for level in range(30):
        nested = b"c__torch__.m\nM\n)\x81}(X\x01\x00\x00\x00a" + nested + b"q" + bytes([level]) + b"X\x01\x00\x00\x00bh" + bytes([level]) + b"ub"
    rezip(f"{OUT}/traced.pt", f"{OUT}/hostile/script_paths.pt", lambda n, d: [(n, b"\x80\x02" + nested + b"." if n.endswith("data.pkl") else d)])


def overlapping_zip():
    """The storage data/1, with its local header, is a part of the storage data/0."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as z:
        z.writestr("m/data/1", struct.pack("<2f", 1, 2))
    inner = whole.getvalue()[:30 + len("m/data/1") + 8]
    inner += bytes(-len(inner) % 4)
    pickled = io.BytesIO()

    class Writer(pickle.Pickler):
        def persistent_id(self, value):
            return value.id if isinstance(value, Key) else None

    view = lambda key, n: Call(torch._utils._rebuild_tensor_v2, Key(key, n), 0, (n,), (1,), False, collections.OrderedDict())
    Writer(pickled, protocol=2).dump({"a": view("0", len(inner) // 4), "b": view("1", 2)})
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as z:
        z.writestr("m/data.pkl", pickled.getvalue())
        z.writestr("m/data/0", inner)
        hidden = zipfile.ZipInfo("m/data/1")
        hidden.CRC, hidden.file_size, hidden.compress_size = zlib.crc32(inner[-8:]), 8, 8
        hidden.header_offset = outer.getvalue().index(inner)
        z.filelist.append(hidden)
        z.NameToInfo[hidden.filename] = hidden
    assert zipfile.ZipFile(outer).getinfo("m/data/1").header_offset == hidden.header_offset
    return outer.getvalue()


if __name__ == "__main__":
    os.makedirs(f"{OUT}/hostile", exist_ok=True)
    good()
    hostile()
    with open(f"{OUT}/expected.safetensors", "wb") as f:
        f.write(serialize(EXPECTED))

#!/usr/bin/env python3
"""Writes WebP, TIFF and BMP files of many kinds, and what Pillow makes of them.

The picture is drawn from a seed. The TIFF files that Pillow and tifffile do not write are packed here, tag by tag.

Needs: pip install numpy pillow tifffile imagecodecs safetensors
Run:   python make_codecs.py OUT
Made:  with pillow 13.0.0, tifffile 2026.3.3
"""
import gzip
import io
import os
import struct
import sys
import zlib

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps
from safetensors.numpy import save

OUT = sys.argv[1]
W, H = 23, 15
REVERSED = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))


def picture():
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:H, 0:W]
    bands = [x * 5 + y, 255 - y * 7, 128 + 100 * np.sin(x / 6) * np.cos(y / 5)]
    rgb = np.stack(bands, -1) + rng.integers(-9, 10, (H, W, 3))
    rgb[3:8, 5:12] = (240, 40, 30)
    return rgb.clip(0, 255).astype(np.uint8)


RGB = picture()
IMAGE = Image.fromarray(RGB)
GREY = np.asarray(IMAGE.convert("L"))
ALPHA = np.clip(np.mgrid[0:H, 0:W][1] * 16 - 20, 0, 255).astype(np.uint8)
CMYK = np.asarray(IMAGE.convert("CMYK"))


def path(name):
    return f"{OUT}/{name}"


def webp():
    for quality in (1, 30, 75, 100):
        IMAGE.save(path(f"lossy_{quality}.webp"), quality=quality, method=quality % 7)
    rgba = IMAGE.copy()
    rgba.putalpha(Image.fromarray(ALPHA))
    rgba.save(path("lossy_alpha.webp"), quality=60, exact=True)
    IMAGE.crop((0, 0, 1, 1)).save(path("lossy_1x1.webp"), quality=50)
    rgba.save(path("lossless_alpha.webp"), lossless=True, exact=True)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    gamma = profile.replace(b"sRGB", b"sRGX")
    IMAGE.save(path("lossless_profile.webp"), lossless=True, icc_profile=gamma)
    IMAGE.quantize(9).convert("RGB").save(path("lossless_palette.webp"), lossless=True)
    for name, size, color in (("", (40, 28), (101, 208, 149)), ("_large", (300, 300), (200, 9, 30, 77))):
        flat = Image.new("RGB" if len(color) == 3 else "RGBA", size, color)
        flat.save(path(f"lossless_flat{name}.webp"), lossless=True, exact=True)
    canvas = Image.new("RGBA", (W, H))
    canvas.paste(IMAGE.resize((9, 7)), (6, 4))
    options = {"save_all": True, "append_images": [rgba], "minimize_size": True}
    canvas.save(path("lossless_animated.webp"), lossless=True, **options)
    canvas.save(path("lossy_animated.webp"), quality=80, **options)
    exif = Image.Exif()
    exif[274] = 6
    simple = io.BytesIO()
    IMAGE.save(simple, "WEBP", lossless=True)
    tail = exif.tobytes()[6:]
    tail += b"\0" * (len(tail) % 2)
    data = bytearray(simple.getvalue() + b"EXIF" + struct.pack("<I", len(tail)) + tail)
    data[4:8] = struct.pack("<I", len(data) - 8)
    # Without a header of extensions, the Exif data has no meaning.
    write("lossless_stray_exif.webp", data)


def write(name, data):
    with open(path(name), "wb") as f:
        f.write(data)


def pack(name, tags, blocks, order="<", big=False):
    """Writes a TIFF file of these tags {number: (type, values)} and strips or tiles."""
    codes = {1: "B", 3: "H", 4: "I", 5: "II", 16: "Q"}
    size, word = (8, "Q") if big else (4, "I")
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + ("HHH" if big else "H"), *((43, 8, 0) if big else (42,)))
    at = len(head) + size
    body, offsets = b"", []
    for block in blocks:
        offsets.append(at + len(body))
        body += block + b"\0" * (len(block) % 2)
    tiled = 322 in tags
    tags = {(324 if tiled else 273): (4, offsets), (325 if tiled else 279): (4, [len(b) for b in blocks]), **tags}
    directory = at + len(body)
    entries, values = b"", b""
    values_at = directory + (8 if big else 2) + (20 if big else 12) * len(tags) + size
    for tag, (kind, numbers) in sorted(tags.items()):
        raw = b"".join(struct.pack(order + codes[kind], *(n if kind == 5 else (n,))) for n in numbers)
        entries += struct.pack(order + "HH" + word, tag, kind, len(numbers))
        if len(raw) <= size:
            entries += raw.ljust(size, b"\0")
        else:
            entries += struct.pack(order + word, values_at + len(values))
            values += raw + b"\0" * (len(raw) % 2)
    count = struct.pack(order + ("Q" if big else "H"), len(tags))
    write(name, head + struct.pack(order + word, directory) + body + count + entries + b"\0" * size + values)


def layout(bits, photometric, compression=1, **more):
    tags = {256: (3, [W]), 257: (3, [H]), 258: (3, bits), 259: (3, [compression]), 262: (3, [photometric])}
    tags.update({277: (3, [len(bits)]), 278: (3, [H])})
    tags.update({int(key[1:]): value for key, value in more.items()})
    return tags


def tiff():
    for sampling, quality in ((0, 90), (2, 60)):
        tifffile.imwrite(
            path(f"ycc_jpeg_{sampling}.tif"), RGB, photometric="ycbcr", compression="jpeg",
            compressionargs={"level": quality}, subsampling=(1, 1) if sampling == 0 else (2, 2), rowsperstrip=16, metadata=None)
    Image.fromarray(CMYK, "CMYK").save(path("cmyk_jpeg.tif"), compression="jpeg")
    IMAGE.save(path("rgb_jpeg.tif"), compression="jpeg")
    IMAGE.convert("L").save(path("grey_jpeg.tif"), compression="jpeg")
    ramp = RGB.astype(np.uint16) * 257 - RGB % 5
    for order in "<>":
        end = "little" if order == "<" else "big"
        tifffile.imwrite(path(f"rgb_16_{end}.tif"), ramp.astype(order + "u2"), photometric="rgb", byteorder=order, metadata=None)
        deep = CMYK.astype(order + "u2") * 256 + 13
        tifffile.imwrite(path(f"cmyk_16_{end}.tif"), deep, photometric="separated", byteorder=order, metadata=None)
        tifffile.imwrite(path(f"rgb_16_lzw_predicted_{end}.tif"), ramp.astype(order + "u2"), photometric="rgb",
                         compression="lzw", predictor=True, byteorder=order, metadata=None)
    tifffile.imwrite(path("tiles_deflate.tif"), RGB, photometric="rgb", compression=8, predictor=True, tile=(16, 32), metadata=None)
    tifffile.imwrite(path("float_predicted.tif"), GREY * np.float32(1.3) - 20, photometric="minisblack",
                     compression=8, predictor=True, metadata=None)
    tifffile.imwrite(path("signed_16.tif"), GREY.astype("<i2") * 3 - 200, photometric="minisblack", metadata=None)
    planes = np.moveaxis(RGB, 2, 0).copy()
    for compression in (None, "lzw"):
        tifffile.imwrite(path(f"planar_{compression}.tif"), planes, photometric="rgb", planarconfig="separate",
                         compression=compression, rowsperstrip=10, metadata=None)
    rgba = np.dstack([RGB, ALPHA])
    mixed = np.dstack([RGB.astype(int) * ALPHA[..., None] // 255, ALPHA]).astype(np.uint8)
    for name, data in (("unassociated", rgba), ("associated", mixed), ("unspecified", rgba)):
        extra = {"unassociated": "unassalpha", "associated": "assocalpha", "unspecified": "unspecified"}[name]
        tifffile.imwrite(path(f"rgba_{name}.tif"), data, photometric="rgb", extrasamples=[extra], compression="packbits", metadata=None)
    tifffile.imwrite(path("rgba_16_associated.tif"), mixed.astype("<u2") * 257, photometric="rgb", extrasamples=["assocalpha"], metadata=None)
    lab = ImageCms.profileToProfile(IMAGE, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB")
    lab.save(path("lab.tif"), compression="tiff_lzw")
    rng = np.random.default_rng(3)
    for bits in (1, 2, 4, 8):
        values = np.unpackbits((GREY >> (8 - bits))[..., None], axis=2)[..., 8 - bits:].reshape(H, -1)
        packed = np.packbits(values, axis=1).tobytes()
        colors = {"t320": (3, [int(v) for v in rng.integers(0, 65536, 3 << bits)])}
        pack(f"palette_{bits}.tif", layout([bits], 3, **colors), [packed])
        pack(f"white_is_zero_{bits}.tif", layout([bits], 0, 8), [zlib.compress(packed)])
        pack(f"reversed_bits_{bits}.tif", layout([bits], 1, t266=(3, [2])), [packed.translate(REVERSED)])
    pack("palette_alpha.tif", layout([8, 8], 3, t338=(3, [2]), **colors), [np.dstack([GREY, ALPHA]).tobytes()])
    pack("palette_extra.tif", layout([8, 8], 3, t338=(3, [0]), **colors), [np.dstack([GREY, ALPHA]).tobytes()])
    reversed_deflate = zlib.compress(RGB.tobytes()).translate(REVERSED)
    pack("reversed_deflate.tif", layout([8, 8, 8], 2, 32946, t266=(3, [2])), [reversed_deflate])
    pack("big.tif", layout([8, 8, 8], 2), [RGB.tobytes()], big=True)
    for orientation in range(1, 9):
        pack(f"orientation_long_{orientation}.tif", layout([8], 1, t274=(4, [orientation])), [GREY.tobytes()], ">")
    pack("orientation_byte.tif", layout([8], 1, t274=(1, [6])), [GREY.tobytes()])
    pack("no_lengths.tif", {**layout([8], 1, 8), 279: (4, [0])}, [zlib.compress(GREY.tobytes())])
    pack("wrong_lengths.tif", {**layout([8], 1), 279: (4, [7])}, [GREY.tobytes()])
    IMAGE.convert("1").save(path("group3.tif"), compression="group3")
    IMAGE.convert("1").save(path("ccitt_rle.tif"), compression="tiff_ccitt")
    IMAGE.convert("YCbCr").save(path("ycc_raw.tif"))
    ycc = np.asarray(IMAGE.convert("YCbCr")).astype(int)
    across, down = 2, 2
    tall, wide = -(-H // down) * down, -(-W // across) * across
    ycc = np.pad(ycc, ((0, tall - H), (0, wide - W), (0, 0)), mode="edge")
    units = bytearray()
    for y in range(0, tall, down):
        for x in range(0, wide, across):
            unit = ycc[y:y + down, x:x + across]
            units += bytes(unit[..., 0].astype(np.uint8).ravel()) + bytes(int(unit[..., c].mean()) for c in (1, 2))
    range_of = {"t532": (5, [(16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1)])}
    pack("ycc_subsampled.tif", layout([8, 8, 8], 6, 8, t530=(3, [2, 2])), [zlib.compress(bytes(units))])
    pack("ycc_range.tif", layout([8, 8, 8], 6, 8, t530=(3, [2, 2]), **range_of), [zlib.compress(bytes(units))])


def bmp(name, bits, header, rows, compression=0, palette=b"", masks=b"", height=H, size=None):
    extra = {40: b"", 56: masks, 108: masks + b"\0" * 52, 124: masks + b"\0" * 68}[header]
    info = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, compression, 0, 0, 0, len(palette) // 4, 0) + extra
    info += masks if header == 40 else b""
    at = 14 + len(info) + len(palette)
    total = at + len(rows) if size is None else size
    write(name, b"BM" + struct.pack("<IHHI", total, 0, 0, at) + info + palette + rows)


def rows(bits, data, bottom_up=True):
    data = data.reshape(H, -1)
    stride = (W * bits + 31) // 32 * 4
    padded = np.zeros((H, stride), np.uint8)
    padded[:, :data.shape[1]] = data
    return (padded[::-1] if bottom_up else padded).tobytes()


def run_lengths(indices, four_bits):
    out = bytearray()
    for row in indices[::-1]:
        x = 0
        while x < W:
            run = 1
            while x + run < W and run < 255 and row[x + run] == row[x]:
                run += 1
            if run == 1 and x + 5 <= W:
                pixels = [int(v) for v in row[x:x + 5]]
                stored = bytes(pixels)
                if four_bits:
                    stored = bytes(pixels[i] << 4 | (pixels[i + 1] if i < 4 else 0) for i in (0, 2, 4))
                out += bytes([0, 5]) + stored + b"\0" * (len(stored) % 2)
                x += 5
            else:
                value = int(row[x])
                out += bytes([run, value * 17 if four_bits else value])
                x += run
        out += b"\0\0"
    return bytes(out + b"\0\1")


def bitmaps():
    bgr = RGB[..., ::-1]
    bmp("size_0.bmp", 24, 40, rows(24, bgr.copy()), size=0)
    bmp("size_wrong.bmp", 24, 40, rows(24, bgr.copy()), size=99)
    bmp("top_down.bmp", 24, 40, rows(24, bgr.copy(), False), height=-H)
    bmp("v5.bmp", 24, 124, rows(24, bgr.copy()), masks=b"\0" * 16)
    bgra = np.dstack([bgr, ALPHA])
    bmp("bgrx.bmp", 32, 40, rows(32, bgra))
    bmp("bgra_fields.bmp", 32, 108, rows(32, bgra), 3, masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000))
    bmp("rgba_fields.bmp", 32, 56, rows(32, np.dstack([RGB, ALPHA])), 3, masks=struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000))
    r, g, b = (RGB[..., i].astype(np.uint16) for i in range(3))
    bmp("rgb_555.bmp", 16, 40, rows(16, (r >> 3 << 10 | g >> 3 << 5 | b >> 3).astype("<u2").view(np.uint8)))
    bmp("rgb_565.bmp", 16, 40, rows(16, (r >> 3 << 11 | g >> 2 << 5 | b >> 3).astype("<u2").view(np.uint8)), 3,
        masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    for bits, four in ((8, False), (4, True)):
        few = IMAGE.quantize(1 << bits if bits < 8 else 100)
        colors = np.array(few.getpalette("RGB")).reshape(-1, 3)
        palette = np.hstack([colors[:, ::-1], np.zeros((len(colors), 1), int)]).astype(np.uint8).tobytes()
        indices = np.asarray(few)
        bmp(f"rle_{bits}.bmp", bits, 40, run_lengths(indices, four), 1 if bits == 8 else 2, palette)
        packed = indices if bits == 8 else np.packbits(np.unpackbits(indices[..., None], axis=2)[..., 4:].reshape(H, -1), axis=1)
        bmp(f"palette_{bits}.bmp", bits, 40, rows(bits, packed), palette=palette)
    old = struct.pack("<IHHHH", 12, W, H, 1, 24)
    write("os2_v1.bmp", b"BM" + struct.pack("<IHHI", 0, 0, 0, 26) + old + rows(24, bgr.copy()))
    with open(path("size_0.bmp"), "rb") as f:
        data = f.read()
    write("clipboard.dib", data[14:])
    write("reserved.bmp", data[:6] + b"abcd" + data[10:])


def refused():
    for compression in ("zstd", "lzma", "jpegxl"):
        tifffile.imwrite(path(f"refused_{compression}.tif"), RGB, photometric="rgb", compression=compression, metadata=None)
    tifffile.imwrite(path("refused_float_rgb.tif"), RGB.astype(np.float32), photometric="rgb", metadata=None)
    tifffile.imwrite(path("refused_icc_lab.tif"), RGB, photometric="icclab", metadata=None)
    pieces = {
        "lzw_short": (5, imagecodecs.lzw_encode(GREY.tobytes()[:-40])),
        "lzw_cut": (5, imagecodecs.lzw_encode(GREY.tobytes())[:-4]),
        "lzw_code": (5, bytes([0x80, 0x10, 0x65, 0x80]) + bytes(200)),
        "lzw_no_clear": (5, b"\0" * 500),
        "packbits_short": (32773, imagecodecs.packbits_encode(GREY.tobytes()[:-40])),
        "packbits_cut": (32773, imagecodecs.packbits_encode(GREY.tobytes())[:-1]),
    }
    for name, (compression, data) in pieces.items():
        pack(f"refused_{name}.tif", layout([8], 1, compression), [data])
    pack("refused_strips.tif", layout([8], 1), [GREY.tobytes()] * 2 + [b""])
    pack("refused_short.tif", layout([8], 1, 8), [zlib.compress(GREY.tobytes()[:-40])])
    masks = struct.pack("<IIII", 0xF00, 0xF0, 0xF, 0)
    bmp("refused_444.bmp", 16, 56, b"\0" * 1000, 3, masks=masks)


os.makedirs(OUT, exist_ok=True)
webp()
tiff()
bitmaps()
refused()
expected = {}
for name in sorted(os.listdir(OUT)):
    if name.endswith((".webp", ".tif", ".bmp", ".dib")) and not name.startswith("refused"):
        with open(path(name), "rb") as f:
            # From a name, Pillow 13 maps some turned TIFF files into memory with the wrong width.
            image = Image.open(io.BytesIO(f.read()))
        expected[name] = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
with open(path("expected.safetensors.gz"), "wb") as out, gzip.GzipFile("", "wb", mtime=0, fileobj=out) as packed:
    packed.write(save(expected, metadata={"pillow": Image.__version__}))

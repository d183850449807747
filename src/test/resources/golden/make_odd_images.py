"""Makes odd_images.safetensors.gz: image files with odd metadata, headers and data, and what Pillow 13 reads from them.

  python make_odd_images.py

For each file there are its bytes ("NAME", uint8) and, if Pillow reads it, the pixels of
ImageOps.exif_transpose(Image.open(f)).convert("RGB") ("NAME.pixels", uint8 HWC). Pillow's conversion of 16-bit grey clips
every value above 255, so that is replaced by rounding to 8 bits. Needs Pillow 13, numpy, safetensors and
imagecodecs 2026.3.6, which writes lossless JPEG.
"""
import gzip
import io
import os
import struct
import warnings
import zlib

import imagecodecs
import numpy as np
from PIL import Image, ImageCms, ImageOps, TiffImagePlugin
from safetensors.numpy import save

OUT = os.path.dirname(os.path.abspath(__file__))
W, H = 11, 7
EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def picture(rng):
    y, x = np.mgrid[0:H, 0:W]
    a = np.stack([20 * x, 30 * y, 90 + 5 * x - 7 * y], 2) + rng.normal(0, 3, (H, W, 3))
    return Image.fromarray(a.clip(0, 255).astype(np.uint8))


def encode(image, kind, **options):
    b = io.BytesIO()
    image.save(b, kind, **options)
    return b.getvalue()


# ---------------------------------------------------------------- orientation


def tiff(entries, big=False, magic=None, start=8, extra=b"", count=None):
    """A TIFF structure with one directory. An entry is (tag, type, count, value as number or 4 bytes)."""
    e = ">" if big else "<"
    b = (magic or (b"MM\0*" if big else b"II*\0")) + struct.pack(e + "L", start) + bytes(start - 8)
    b += struct.pack(e + "H", len(entries) if count is None else count)
    for tag, kind, n, value in entries:
        if isinstance(value, int):
            value = struct.pack(e + ("H" if kind in (3, 8) else "L"), value).ljust(4, b"\0")
        b += struct.pack(e + "HHL", tag, kind, n) + value
    return b + bytes(4) + extra


SIX, THREE, SOFTWARE = (274, 3, 1, 6), (274, 3, 1, 3), (305, 2, 4, b"abc\0")


def exif_kinds():
    yield "short_le", tiff([SIX])
    yield "short_be", tiff([SIX], True)
    yield "long", tiff([(274, 4, 1, 6)])
    yield "byte", tiff([(274, 1, 1, b"\6\0\0\0")])
    yield "ascii", tiff([(274, 2, 2, b"6\0\0\0")])
    yield "signed_byte", tiff([(274, 6, 1, b"\6\0\0\0")])
    yield "undefined", tiff([(274, 7, 1, b"\6\0\0\0")])
    yield "signed_short", tiff([(274, 8, 1, 6)])
    yield "signed_long", tiff([(274, 9, 1, 6)])
    yield "float", tiff([(274, 11, 1, struct.pack("<f", 6))])
    yield "double", tiff([(274, 12, 1, 26)], extra=struct.pack("<d", 6))
    yield "rational", tiff([(274, 5, 1, 26)], extra=struct.pack("<LL", 6, 1))
    yield "ifd", tiff([(274, 13, 1, 6)])
    yield "unknown_type", tiff([(274, 99, 1, 6)])
    yield "zero", tiff([(274, 3, 1, 0)])
    yield "nine", tiff([(274, 3, 1, 9)])
    yield "twice", tiff([SIX, THREE])
    yield "unknown_type_first", tiff([(274, 99, 1, 6), THREE])
    yield "count_0", tiff([(274, 3, 0, 6)])
    yield "count_2", tiff([(274, 3, 2, struct.pack("<HH", 6, 3))])
    yield "count_3", tiff([(274, 3, 3, 26)], extra=struct.pack("<HHH", 6, 3, 1))
    yield "bad_offset_before", tiff([(271, 2, 40, 5000), SIX])
    yield "bad_offset_after", tiff([SIX, (272, 2, 40, 5000)])
    yield "huge_before", tiff([(271, 2, 4000000, 26), SIX])
    yield "cut_directory", tiff([SIX], count=200)
    yield "unsorted", tiff([SOFTWARE, SIX])
    yield "later_directory", tiff([SIX], start=20)
    yield "no_directory", tiff([SIX])[:4] + struct.pack("<L", 60000)
    yield "swapped_magic", tiff([SIX], magic=b"II\0*")
    yield "wrong_order", b"MM\0*" + tiff([SIX])[4:]
    yield "only_software", tiff([SOFTWARE])
    yield "empty", b""
    yield "prefix_twice", EXIF + tiff([SIX])


def packet(body):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {body}</rdf:RDF></x:xmpmeta>"
    ).encode()


XMP_SIX = packet('tiff:Orientation="6"/>')


def xmp_kinds():
    yield "attribute", XMP_SIX
    yield "element", packet("><tiff:Orientation>6</tiff:Orientation></rdf:Description>")
    yield "single_quotes", packet("tiff:Orientation='6'/>")
    yield "spaces", packet('tiff:Orientation = "6"/>')
    yield "line", packet("><tiff:Orientation>\n6</tiff:Orientation></rdf:Description>")
    yield "zero", packet('tiff:Orientation="0"/>')
    yield "nine", packet('tiff:Orientation="9"/>')
    yield "two", packet('tiff:Orientation="3" tiff:Orientation="6"/>')
    yield "long", packet('tiff:Orientation="61"/>')
    yield "other_prefix", packet('t:Orientation="6"/>')
    yield "second", packet('tiff:Orientation="x" tiff:Orientation="8"/>')
    yield "utf16", XMP_SIX.decode().encode("utf-16")
    yield "binary", b'\xff\xfe\x80tiff:Orientation="6"'


def raw_profile(data, width=36):
    digits = data.hex()
    lines = "\n".join(digits[i : i + 2 * width] for i in range(0, len(digits), 2 * width))
    return f"\nexif\n{len(data):8}\n{lines}\n".encode()


# ---------------------------------------------------------------- JPEG


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg_bases(image):
    cmyk = encode(image.convert("CMYK"), "JPEG", quality=90, optimize=True)
    ycck = bytearray(cmyk)
    ycck[ycck.index(b"Adobe") + 11] = 2
    yield "ycc", encode(image, "JPEG", quality=90, optimize=True)
    yield "cmyk", cmyk
    yield "ycck", bytes(ycck)
    yield "grey", encode(image.convert("L"), "JPEG", quality=90, optimize=True)
    yield "progressive", encode(image, "JPEG", quality=90, progressive=True)
    yield "rgb", encode(image, "JPEG", quality=90, keep_rgb=True, subsampling=0, optimize=True)


def jpeg_segments():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:240]
    third = [profile[:80], profile[80:160], profile[160:]]

    def icc(number, count, data):
        return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + data)

    yield "icc_right", b"".join(icc(i + 1, 3, part) for i, part in enumerate(third))
    yield "icc_number_0", icc(0, 1, profile)
    yield "icc_number_2", icc(2, 1, profile)
    yield "icc_count_0", icc(1, 0, profile)
    yield "icc_missing", icc(1, 3, third[0]) + icc(3, 3, third[2])
    yield "icc_duplicate", icc(1, 2, third[0]) * 2 + icc(2, 2, profile[80:])
    yield "icc_counts", icc(1, 2, third[0]) + icc(2, 3, profile[80:])
    yield "icc_order", icc(3, 3, third[2]) + icc(1, 3, third[0]) + icc(2, 3, third[1])
    yield "icc_empty", icc(1, 1, b"")
    yield "icc_no_number", segment(0xE2, b"ICC_PROFILE\0")
    yield "icc_one_number", segment(0xE2, b"ICC_PROFILE\0\1")
    yield "icc_junk", icc(1, 1, b"junk" * 9)
    yield "icc_of_cmyk", icc(1, 1, profile[:16] + b"CMYK" + profile[20:])
    yield "app2_empty", segment(0xE2, b"")
    yield "app2_length_0", b"\xff\xe2\0\0"
    yield "app2_length_1", b"\xff\xe2\0\1"
    yield "thumbnail", segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\4\4" + bytes(48))
    yield "thumbnail_cut", segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\xff\xff" + bytes(48))
    yield "jfif_3", segment(0xE0, b"JFIF\0\3\0\0\0\1\0\1\0\0")
    yield "jfif_short", segment(0xE0, b"JFIF\0\1")
    yield "jfxx", segment(0xE0, b"JFXX\0\x13abc")
    yield "mpf", segment(0xE2, b"MPF\0II*\0\x08\0\0\0\0\0")
    yield "adobe_short", segment(0xEE, b"Adobe\0d")
    yield "adobe_very_short", segment(0xEE, b"Adobe")
    for transform in (0, 1, 2, 9):
        yield f"adobe_{transform}", segment(0xEE, b"Adobe\0d\0\0\0\0" + bytes([transform]))
    yield "adobe_cut", segment(0xEE, b"Adobe\0d\0\0\0\0")
    yield "app14_other", segment(0xEE, b"Other\0d\0\0\0\0\1")
    yield "comment", segment(0xFE, b"hello\xff\xd8\xff\xda")
    yield "photoshop", segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10" + b"a" * 16)
    yield "fill", b"\xff\xff\xff"
    yield "junk", b"abc"
    yield "junk_00", b"\xff\x00abc"
    yield "second_start", b"\xff\xd8"
    yield "restart", b"\xff\xd0"
    yield "marker_01", b"\xff\x01"


def without_segments(jpeg):
    out, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        if not 0xE0 <= jpeg[at + 1] <= 0xEF:
            out += jpeg[at:end]
        at = end
    return out + jpeg[at:]


def jpegs(image):
    bases = dict(jpeg_bases(image))
    for base, jpeg in bases.items():
        for name, data in jpeg_segments():
            if base in ("ycc", "cmyk") or name in ("icc_missing", "adobe_0", "adobe_1", "junk"):
                # A file must begin with FF D8 FF.
                at = 4 + struct.unpack(">H", jpeg[4:6])[0] if name.startswith("junk") else 2
                yield f"{base}_{name}.jpg", jpeg[:at] + data + jpeg[at:]
        yield f"{base}_trailing.jpg", jpeg + b"garbage" * 5
        yield f"{base}_twice.jpg", jpeg + jpeg
        yield f"{base}_no_end.jpg", jpeg[:-2]
        yield f"{base}_newline_first.jpg", b"\r\n" + jpeg
        yield f"{base}_bare.jpg", without_segments(jpeg)
    for base in ("ycc", "rgb"):
        bare = without_segments(bases[base])
        for ids in (b"RGB", b"rgb", b"\0\1\2"):
            for name, data in dict(jpeg_segments(), bare=b"", jfif=segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0")).items():
                if name in ("bare", "jfif", "adobe_0", "adobe_1", "adobe_2"):
                    jpeg = bytearray(bare)
                    frame, scan = jpeg.index(b"\xff\xc0"), jpeg.index(b"\xff\xda")
                    for i in range(3):
                        jpeg[frame + 10 + 3 * i] = jpeg[scan + 5 + 2 * i] = ids[i]
                    yield f"{base}_ids_{ids.hex()}_{name}.jpg", bytes(jpeg[:2]) + data + bytes(jpeg[2:])
    jpeg = bases["ycc"]

    def with_segments(*data):
        return jpeg[:2] + b"".join(segment(0xE1, d) for d in data) + jpeg[2:]

    for name, data in exif_kinds():
        yield f"exif_{name}.jpg", with_segments(EXIF + data)
        yield f"exif_{name}_xmp.jpg", with_segments(EXIF + data, XMP + XMP_SIX.replace(b'"6"', b'"3"'))
    for name, data in (("magic", tiff([SIX], magic=b"XX*\0")), ("length", b"II*\0"), ("big", tiff([SIX], magic=b"II+\0"))):
        yield f"exif_bad_{name}.jpg", with_segments(EXIF + data, XMP + XMP_SIX)
    for name, data in xmp_kinds():
        yield f"xmp_{name}.jpg", with_segments(XMP + data)
    six, three = EXIF + tiff([SIX]), EXIF + tiff([THREE])
    yield "two_exif.jpg", with_segments(six, three)
    yield "split_exif.jpg", with_segments(six[:20], EXIF + six[20:])
    yield "empty_exif_first.jpg", with_segments(EXIF, six)
    yield "two_xmp.jpg", with_segments(XMP + XMP_SIX, XMP + packet('tiff:Orientation="3"/>'))
    yield "xmp_lost.jpg", with_segments(XMP + XMP_SIX, XMP + b"nothing")
    yield "exif_lower.jpg", with_segments(b"exif\0\0" + six[6:])
    yield "exif_ff.jpg", with_segments(b"Exif\0\xff" + six[6:])
    scan = jpeg.index(b"\xff\xda")
    yield "late_exif.jpg", jpeg[:scan] + segment(0xE1, six) + jpeg[scan:]
    yield "exif_after_data.jpg", jpeg[:-2] + segment(0xE1, six) + jpeg[-2:]


def lossless_jpegs(image):
    pixels = np.asarray(image)
    for predictor in range(1, 8):
        jpeg = imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=predictor)
        yield f"lossless_{predictor}.jpg", jpeg
        grey = np.ascontiguousarray(pixels[..., predictor % 3])
        yield f"lossless_grey_{predictor}.jpg", imagecodecs.jpeg8_encode(grey, lossless=True, predictor=predictor)
    yield "lossless_cmyk.jpg", imagecodecs.jpeg8_encode(np.asarray(image.convert("CMYK")), lossless=True)
    yield "lossless_jfif.jpg", jpeg[:2] + segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0") + jpeg[2:]
    yield "lossless_ycc.jpg", without_segments(jpeg)[:2] + segment(0xEE, b"Adobe\0d\0\0\0\0\1") + without_segments(jpeg)[2:]
    yield "lossless_bare.jpg", without_segments(jpeg)
    yield "lossless_xmp.jpg", jpeg[:2] + segment(0xE1, XMP + XMP_SIX) + jpeg[2:]
    yield "lossless_no_end.jpg", jpeg[:-2]
    yield "lossless_half.jpg", jpeg[: len(jpeg) // 2]
    yield "lossless_12_bits.jpg", imagecodecs.jpeg8_encode(pixels.astype(np.uint16) * 16, lossless=True, bitspersample=12)


# ---------------------------------------------------------------- PNG

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, data, wrong=0, length=None):
    size = struct.pack(">L", len(data) if length is None else length)
    return size + name + data + struct.pack(">L", zlib.crc32(name + data) ^ wrong)


def header(bits, color, interlace=0, width=W, height=H, compression=0, method=0):
    return struct.pack(">LLBBBBB", width, height, bits, color, compression, method, interlace)


def packed_rows(samples, bits):
    rows = samples.reshape(len(samples), -1)
    if bits == 16:
        return [r.astype(">u2").tobytes() for r in rows]
    wide = [np.unpackbits(r.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :].reshape(-1) for r in rows]
    return [np.packbits(r).tobytes() for r in wide]


def filtered(rows, step, rng):
    out, above = b"", bytes(len(rows[0]))
    for row in rows:
        kind = int(rng.integers(0, 5))
        out += bytes([kind])
        for i, value in enumerate(row):
            a, b, c = row[i - step] if i >= step else 0, above[i], above[i - step] if i >= step else 0
            pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
            paeth = a if pa <= pb and pa <= pc else b if pb <= pc else c
            out += bytes([(value - [0, a, b, (a + b) // 2, paeth][kind]) & 255])
        above = row
    return out


def raw_data(samples, bits, interlace, rng):
    step = max(1, samples.shape[2] * bits // 8)
    if not interlace:
        return filtered(packed_rows(samples, bits), step, rng)
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
    return b"".join(filtered(packed_rows(p, bits), step, rng) for p in passes if p.size)


def png(head, *chunks):
    return SIGNATURE + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


def frame(number, width, height, x, y):
    return chunk(b"fcTL", struct.pack(">LLLLLHHBB", number, width, height, x, y, 1, 10, 0, 0))


def png_chunks():
    profile = zlib.compress(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    animation = chunk(b"acTL", struct.pack(">LL", 2, 0))
    plain = {
        "text_no_key": (b"tEXt", b"\0hello"), "text_key_80": (b"tEXt", b"k" * 80 + b"\0v"), "text_no_end": (b"tEXt", b"novalue"),
        "text_empty": (b"tEXt", b""), "text_latin": (b"tEXt", b"\xe9\0\xff"), "ztxt_method": (b"zTXt", b"a\0\1abc"),
        "ztxt_junk": (b"zTXt", b"a\0\0junk"), "ztxt_no_end": (b"zTXt", b"abc"), "ztxt_empty": (b"zTXt", b""),
        "itxt_short": (b"iTXt", b"a\0\0"), "itxt_utf8": (b"iTXt", b"a\0\0\0\0\0\xff\xfe"), "itxt_empty": (b"iTXt", b""),
        "splt": (b"sPLT", b"name\0\x08" + b"\1\2\3\4\0\1" * 3), "splt_bad": (b"sPLT", b"x"), "sbit": (b"sBIT", b"\5\6\5"),
        "sbit_empty": (b"sBIT", b""), "sbit_long": (b"sBIT", b"\x09" * 9), "hist": (b"hIST", b"\0\1" * 20), "hist_bad": (b"hIST", b"\0"),
        "gama_zero": (b"gAMA", bytes(4)), "gama_short": (b"gAMA", b"\0\1"), "gama_long": (b"gAMA", bytes(9)),
        "chrm_short": (b"cHRM", bytes(8)), "srgb_9": (b"sRGB", b"\x09"), "srgb_empty": (b"sRGB", b""), "phys_short": (b"pHYs", bytes(3)),
        "phys_unit": (b"pHYs", bytes(8) + b"\x09"), "iccp": (b"iCCP", b"n\0\0" + profile), "iccp_junk": (b"iCCP", b"n\0\0junk"),
        "iccp_method": (b"iCCP", b"n\0\1junk"), "iccp_no_end": (b"iCCP", b"abc"), "iccp_empty": (b"iCCP", b""), "iccp_cut": (b"iCCP", b"n\0"),
        "time_short": (b"tIME", b"\1"), "bkgd_long": (b"bKGD", bytes(6)), "unknown": (b"abCd", b"data"),
        "unknown_critical": (b"ABCD", b"data"), "name_digit": (b"a1Cd", b"data"), "name_latin": (b"a\xe9Cd", b"x"), "name_dash": (b"a-Cd", b"x"),
        "trns": (b"tRNS", b"\0\1\2"), "trns_long": (b"tRNS", b"\1" * 300), "trns_empty": (b"tRNS", b""), "animation_short": (b"acTL", bytes(4)),
        "animation_0": (b"acTL", bytes(8)), "frame_short": (b"fcTL", bytes(20)), "end": (b"IEND", b""), "cgbi": (b"CgBI", bytes(4)),
    }
    for name, (kind, data) in plain.items():
        yield name, chunk(kind, data)
    yield "text_checksum", chunk(b"tEXt", b"a\0b", wrong=1)
    yield "unknown_checksum", chunk(b"abCd", b"x", wrong=7)
    yield "iccp_twice", chunk(b"iCCP", b"n\0\0" + profile) * 2
    frames = {"full": frame(0, W, H, 0, 0), "number_1": frame(1, W, H, 0, 0), "outside": frame(0, W, H, 1, 0), "zero": frame(0, 0, 0, 0, 0)}
    for name, data in frames.items():
        yield "frame_" + name, data
        yield "animation_frame_" + name, animation + data


def pngs(image, rng):
    palette_image = image.quantize(20)
    palette = bytes(palette_image.getpalette()[:60])
    samples = np.asarray(palette_image)[..., None]
    data = raw_data(samples, 8, 0, rng)
    packed, plte = zlib.compress(data), chunk(b"PLTE", palette)
    idat, head = chunk(b"IDAT", packed), header(8, 3)
    colors = rng.integers(0, 256, 768).astype(np.uint8).tobytes()
    for color, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for bits in depths:
            pre = chunk(b"PLTE", colors[: 3 << bits]) if color == 3 else b""
            for interlace in (0, 1):
                for width, height in ((W, H), (1, 1), (5, 3), (2, 9)):
                    s = rng.integers(0, 1 << bits, (height, width, SAMPLES[color]))
                    body = chunk(b"IDAT", zlib.compress(raw_data(s, bits, interlace, rng)))
                    yield f"type_{color}_{bits}_{interlace}_{width}x{height}.png", png(header(bits, color, interlace, width, height), pre, body)
            for name, t in {"right": b"\0\1" * 3, "short": b"\0", "long": b"\1" * 300}.items():
                s = rng.integers(0, 1 << bits, (H, W, SAMPLES[color]))
                body = chunk(b"IDAT", zlib.compress(raw_data(s, bits, 0, rng)))
                yield f"trns_{color}_{bits}_{name}.png", png(header(bits, color), pre, chunk(b"tRNS", t), body)
    for name, odd in png_chunks():
        yield f"chunk_{name}.png", png(head, plte, odd, idat)
        yield f"chunk_{name}_first.png", png(head, odd, plte, idat)
        yield f"chunk_{name}_last.png", png(head, plte, idat, odd)
    yield "palette_twice.png", png(head, chunk(b"PLTE", colors[:60]), plte, idat)
    yield "palette_short.png", png(head, chunk(b"PLTE", palette[:30]), idat)
    yield "palette_31_bytes.png", png(head, chunk(b"PLTE", palette[:31]), idat)
    yield "palette_257.png", png(head, chunk(b"PLTE", colors + b"\1\2\3"), idat)
    yield "palette_769_bytes.png", png(head, chunk(b"PLTE", colors + b"\1"), idat)
    yield "palette_again_after_data.png", png(head, plte, idat, chunk(b"PLTE", colors[:60]))
    yield "palette_checksum.png", png(head, chunk(b"PLTE", palette, wrong=1), idat)
    for size in (1, 7, len(packed) - 1):
        yield f"split_{size}.png", png(head, plte, *(chunk(b"IDAT", packed[i : i + size]) for i in range(0, len(packed), size)))
    datas = {
        "adler": packed[:-1] + bytes([packed[-1] ^ 1]), "no_adler": packed[:-4], "half_row": zlib.compress(data[:-5]), "long": zlib.compress(data + b"abc" * 30),
        "trailing": packed + b"junk", "filter_5": zlib.compress(b"\5" + data[1:]), "stored": zlib.compress(data, 0), "empty": b"", "headless": packed[2:-4],
        "broken": packed[:20] + b"\xff\xff\xff" + packed[23:], "half": packed[: len(packed) // 2],
    }
    for name, body in datas.items():
        yield f"data_{name}.png", png(head, plte, chunk(b"IDAT", body))
    whole = png(head, plte, idat)
    yield "data_checksum.png", png(head, plte, chunk(b"IDAT", packed, wrong=1))
    yield "data_gap.png", png(head, plte, chunk(b"IDAT", packed[:40]), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", packed[40:]))
    yield "data_more.png", png(head, plte, idat, chunk(b"IDAT", b"junk"))
    yield "data_more_cut.png", whole[:-12] + chunk(b"IDAT", b"junk", length=900)
    yield "data_length.png", png(head, plte, chunk(b"IDAT", packed, length=len(packed) + 500))
    yield "end_checksum.png", whole[:-1] + b"\0"
    yield "end_missing.png", whole[:-12]
    yield "end_trailing.png", whole + b"junk" * 9
    yield "text_cut_after_data.png", whole[:-12] + chunk(b"tEXt", b"abc\0def")[:-9]
    yield "junk_after_data.png", whole[:-12] + b"\0\0\0\5\xff\xff\xff\xffabc"
    heads = {
        "width_0": header(8, 3, width=0), "bits_3": header(3, 3), "color_1": header(8, 1), "compression_1": header(8, 3, compression=1), "method_1": header(8, 3, method=1),
        "interlace_2": header(8, 3, 2), "long": head + b"\0\0", "short": head[:10], "wide": header(8, 3, width=2**31), "palette_16": header(16, 3),
    }
    for name, h in heads.items():
        yield f"header_{name}.png", png(h, plte, idat)
    yield "header_missing.png", SIGNATURE + plte + idat
    yield "header_second.png", SIGNATURE + chunk(b"tEXt", b"a\0b") + whole[8:]
    yield "header_checksum.png", whole[:29] + bytes(4) + whole[33:]
    part = chunk(b"IDAT", zlib.compress(raw_data(rng.integers(0, 20, (4, 5, 1)), 8, 0, rng)))
    yield "frame_part.png", png(head, plte, frame(0, 5, 4, 3, 2), part)
    for name, options in {"plain": {}, "default": {"default_image": True}, "previous": {"disposal": 2}}.items():
        yield f"animated_{name}.png", encode(image, "PNG", save_all=True, append_images=[ImageOps.invert(image)], **options)
    for animated in (b"", chunk(b"acTL", struct.pack(">LL", 1, 0)), chunk(b"acTL", struct.pack(">LL", 2, 0))):
        for first in (b"", frame(0, W, H, 0, 0)):
            for number in (0, 1, 2):
                more = chunk(b"fdAT", struct.pack(">L", number) + packed)
                yield f"frames_{len(animated) and animated[11]}_{len(first)}_{number}.png", png(head, plte, animated, first, idat, more)
    yield from png_orientations(head, plte, idat)


def png_orientations(head, plte, idat):
    six, key, xmp = EXIF + tiff([SIX]), b"Raw profile type exif\0", b"XML:com.adobe.xmp\0"
    for name, data in exif_kinds():
        yield f"exif_{name}.png", png(head, plte, chunk(b"eXIf", data), idat)
    for name, data in xmp_kinds():
        yield f"xmp_{name}.png", png(head, plte, chunk(b"iTXt", xmp + bytes(4) + data), idat)
    ways = {
        "raw_text": chunk(b"tEXt", key + raw_profile(six)), "raw_ztxt": chunk(b"zTXt", key + b"\0" + zlib.compress(raw_profile(six))),
        "raw_itxt": chunk(b"iTXt", key + bytes(4) + raw_profile(six)), "raw_itxt_z": chunk(b"iTXt", key + b"\1\0\0\0" + zlib.compress(raw_profile(six))),
        "raw_no_prefix": chunk(b"tEXt", key + raw_profile(tiff([SIX]))), "raw_one_line": chunk(b"tEXt", key + raw_profile(six, 9999)),
        "raw_crlf": chunk(b"tEXt", key + raw_profile(six).replace(b"\n", b"\r\n")), "raw_no_lines": chunk(b"tEXt", key + six.hex().encode()),
        "raw_app1": chunk(b"tEXt", b"Raw profile type APP1\0" + raw_profile(six)), "text_exif": chunk(b"tEXt", b"exif\0" + six),
        "xmp_text": chunk(b"tEXt", xmp + XMP_SIX), "xmp_ztxt": chunk(b"zTXt", xmp + b"\0" + zlib.compress(XMP_SIX)),
        "xmp_itxt_z": chunk(b"iTXt", xmp + b"\1\0\0\0" + zlib.compress(XMP_SIX)), "xmp_itxt_method": chunk(b"iTXt", xmp + b"\1\1\0\0" + zlib.compress(XMP_SIX)),
        "xmp_itxt_flag_2": chunk(b"iTXt", xmp + b"\2\0\0\0" + zlib.compress(XMP_SIX)), "xmp_cut": chunk(b"iTXt", xmp + b"\0\0" + XMP_SIX),
        "raw_xmp": chunk(b"tEXt", b"Raw profile type xmp\0" + raw_profile(XMP_SIX)), "exif_and_raw": chunk(b"eXIf", tiff([THREE])) + chunk(b"tEXt", key + raw_profile(six)),
        "raw_and_exif": chunk(b"tEXt", key + raw_profile(six)) + chunk(b"eXIf", tiff([THREE])), "two_exif": chunk(b"eXIf", tiff([THREE])) + chunk(b"eXIf", tiff([SIX])),
        "exif_and_xmp": chunk(b"eXIf", tiff([THREE])) + chunk(b"iTXt", xmp + bytes(4) + XMP_SIX),
    }
    for name, data in ways.items():
        yield f"{name}.png", png(head, plte, data, idat)
        yield f"{name}_last.png", png(head, plte, idat, data)


# ---------------------------------------------------------------- WebP, TIFF, GIF


def webps(image):
    body = encode(image, "WEBP", lossless=True)[12:]

    def webp(flags, *chunks):
        wide = b"VP8X" + struct.pack("<LBBBB", 10, flags or 0, 0, 0, 0) + struct.pack("<L", W - 1)[:3] + struct.pack("<L", H - 1)[:3]
        more = b"".join(name + struct.pack("<L", len(data)) + data + bytes(len(data) & 1) for name, data in chunks)
        content = b"WEBP" + (wide if flags is not None else b"") + body + more
        return b"RIFF" + struct.pack("<L", len(content)) + content

    six, three = tiff([SIX]), tiff([THREE])
    for name, data in exif_kinds():
        yield f"exif_{name}.webp", webp(8, (b"EXIF", data))
    for name, data in xmp_kinds():
        yield f"xmp_{name}.webp", webp(4, (b"XMP ", data))
    for flags in (0, 4, 8, 12):
        yield f"exif_flags_{flags}.webp", webp(flags, (b"EXIF", six))
        yield f"xmp_flags_{flags}.webp", webp(flags, (b"XMP ", XMP_SIX))
    yield "exif_simple.webp", webp(None, (b"EXIF", six))
    yield "exif_prefix.webp", webp(8, (b"EXIF", EXIF + six))
    yield "exif_two.webp", webp(8, (b"EXIF", three), (b"EXIF", six))
    yield "exif_and_xmp.webp", webp(12, (b"EXIF", three), (b"XMP ", XMP_SIX))
    yield "software_and_xmp.webp", webp(12, (b"EXIF", tiff([SOFTWARE])), (b"XMP ", XMP_SIX))


def tiffs(image):
    for name, data in xmp_kinds():
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[700], tags.tagtype[700] = data, 1
        yield f"xmp_{name}.tif", encode(image, "TIFF", tiffinfo=tags)
    tagged = encode(image, "TIFF", tiffinfo={274: 1})
    at = tagged.index(struct.pack("<HHL", 274, 3, 1))
    for name, (kind, value) in {
        "short": (3, 6), "long": (4, 6), "byte": (1, 6), "signed_byte": (6, 6), "signed_short": (8, 6), "ifd": (13, 6), "zero": (3, 0), "nine": (3, 9),
    }.items():
        entry = struct.pack("<HHLL", 274, kind, 1, value)
        yield f"orientation_{name}.tif", tagged[:at] + entry + tagged[at + 12 :]


def expected(data):
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        upright = Image.fromarray((np.asarray(upright) / 257).round().astype(np.uint8))
    return np.ascontiguousarray(upright.convert("RGB"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    random = np.random.default_rng(11)
    drawn = picture(random)
    tensors, refused = {}, 0
    for files in (jpegs(drawn), lossless_jpegs(drawn), pngs(drawn, random), tiffs(drawn), webps(drawn)):
        for file, content in files:
            assert file not in tensors, file
            tensors[file] = np.frombuffer(content, np.uint8)
            try:
                tensors[file + ".pixels"] = expected(content)
            except Exception:  # Pillow raises many kinds of errors for damaged files.
                refused += 1
    with open(f"{OUT}/odd_images.safetensors.gz", "wb") as f:
        f.write(gzip.compress(save(tensors, metadata={"pillow": Image.__version__}), 9, mtime=0))
    print(len(tensors), "tensors,", refused, "files refused")

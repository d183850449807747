"""Writes archives of class folders with Python's zipfile and tarfile: two pictures of rosé and two of tulip, and damaged ones.

Needs Python 3 and Pillow. Run it in this folder.
"""

import io
import tarfile
import zipfile

from PIL import Image

CLASSES = {"rosé": (200, 40, 60), "tulip": (230, 200, 30)}


def picture(color, i):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), tuple((c + 9 * i) % 256 for c in color)).save(out, "PNG")
    return out.getvalue()


def flowers(prefix, count=2):
    return {f"{prefix}{name}/{i}.png": picture(color, i) for name, color in CLASSES.items() for i in range(count)}


def write_zip(name, entries, **how):
    with zipfile.ZipFile(name, "w", **how) as archive:
        for path, data in entries.items():
            archive.writestr(zipfile.ZipInfo(path), data, compress_type=how.get("compression", zipfile.ZIP_STORED))


def write_tar(name, entries, mode="w", others=(), form=tarfile.PAX_FORMAT):
    with tarfile.open(name, mode, format=form) as archive:
        for path, data in entries.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in others:
            archive.addfile(info)


def special(path, kind, target=""):
    info = tarfile.TarInfo(path)
    info.type, info.linkname = kind, target
    return info


def patched(name, source, change):
    data = bytearray(open(source, "rb").read())
    change(data)
    open(name, "wb").write(data)


def each_flag(data, change):
    """Changes the two bytes of flags in every local and central header."""
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(magic)
        while start >= 0:
            flags = int.from_bytes(data[start + at : start + at + 2], "little")
            data[start + at : start + at + 2] = change(flags).to_bytes(2, "little")
            start = data.find(magic, start + 4)


# Read: with a top folder and what macOS adds; without; with long names; with parts.
write_zip("top.zip", {**flowers("flowers/"), "__MACOSX/flowers/rosé/._0.png": b"x" * 50}, compression=zipfile.ZIP_DEFLATED)
write_zip("bare.zip", flowers(""))
patched("unflagged.zip", "bare.zip", lambda data: each_flag(data, lambda flags: flags & ~0x800))
long = "a" * 120 + "/"
write_tar("pax.tgz", flowers("flowers/" + long[:-1] + "/"), "w:gz")
write_tar("gnu.tar", flowers("./" + long), form=tarfile.GNU_FORMAT)
write_tar("parts.tar.gz", {**flowers("all/train/"), **flowers("all/val/", 1)}, "w:gz")
links = [
    special("flowers/tulip/link.png", tarfile.SYMTYPE, "/etc/passwd"),
    special("flowers/tulip/hard.png", tarfile.LNKTYPE, "../../x"),
    special("flowers/tulip/pipe.png", tarfile.FIFOTYPE),
    special("flowers/tulip/device.png", tarfile.CHRTYPE),
]
write_tar("links.tar", flowers("flowers/"), others=links)

# Refused.
write_zip("dots.zip", {**flowers(""), "tulip/../../out.png": b"x"})
write_tar("absolute.tar", {**flowers(""), "/tmp/graft-out.png": b"x"})
write_zip("clash.zip", {**flowers(""), "tulip": b"x"})
patched("encrypted.zip", "bare.zip", lambda data: each_flag(data, lambda flags: flags | 1))
at = bytes(picture(CLASSES["tulip"], 0))


def flip(data):
    data[data.find(at) + 20] ^= 1


patched("checksum.zip", "bare.zip", flip)
patched("cut.zip", "top.zip", lambda data: data.__delitem__(slice(len(data) // 2, None)))
patched("cut.tgz", "pax.tgz", lambda data: data.__delitem__(slice(len(data) // 2, None)))
patched("cut.tar", "gnu.tar", lambda data: data.__delitem__(slice(len(data) // 2 - 700, None)))
patched("text.zip", "make_archives.py", lambda data: data.__delitem__(slice(900, None)))

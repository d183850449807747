"""Writes digests.bin: the digests of the texts "image 0" to "image 99" in the format of docs/command-line.md.

Needs only Python. The CRC-32C is computed bit by bit from its polynomial (RFC 3720, appendix B.4).
"""

import hashlib
import pathlib
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283
digests = sorted({hashlib.sha256(b"image %d" % i).digest()[:16] for i in range(100)})
content = b"GRAFTDIG" + struct.pack("<IIQ", 1, 16, len(digests)) + b"".join(digests)
pathlib.Path(__file__).with_name("digests.bin").write_bytes(
    content + struct.pack("<I", crc32c(content))
)

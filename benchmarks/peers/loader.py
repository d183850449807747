"""Brings JPEG files to 224 x 224 as Python programs do. Prints "ready", then measures once for each line of input.

Arguments: the way, a file with the path of an image on each line, "memory" or the number of processes, and how often the files
are read in one measurement. Each process reads its share of the files and hands no pixels on.

The ways "full" and "eighth" only decode, by TurboJPEG, with the accurate transform and smooth upsampling, to the full size and to an
eighth of it.
"""

import ctypes
import ctypes.util
import io
import json
import multiprocessing
import os
import pathlib
import sys
import time

# One process is one thread: no library gets more.
os.environ["OMP_NUM_THREADS"] = "1"

SHORT_SIDE = 256
SIZE = 224


def turbojpeg(eighths):
    library = ctypes.CDLL(ctypes.util.find_library("turbojpeg") or "libturbojpeg.so.0")
    library.tjInitDecompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.tjInitDecompress())
    accurate = 4096
    buffers = {}

    def decode(encoded):
        width, height, sampling, colors = (ctypes.c_int() for _ in range(4))
        size = ctypes.c_ulong(len(encoded))
        known = (ctypes.byref(value) for value in (width, height, sampling, colors))
        if library.tjDecompressHeader3(handle, encoded, size, *known):
            sys.exit("TurboJPEG does not read a header")
        wide, high = ((side.value * eighths + 7) // 8 for side in (width, height))
        # The buffer is kept, as in Graft: new memory would cost as much as decoding.
        pixels = buffers.setdefault((wide, high), ctypes.create_string_buffer(3 * wide * high))
        if library.tjDecompress2(handle, encoded, size, pixels, wide, 3 * wide, high, 0, accurate):
            sys.exit("TurboJPEG does not decode a file")
        return pixels

    return decode


def torchvision_pillow():
    import numpy
    from PIL import Image
    from torchvision import transforms

    prepare = transforms.Compose([transforms.Resize(SHORT_SIDE), transforms.CenterCrop(SIZE)])
    return lambda encoded: numpy.asarray(prepare(Image.open(io.BytesIO(encoded)).convert("RGB")))


def torchvision_own():
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    prepare = v2.Compose([v2.Resize(SHORT_SIDE, antialias=True), v2.CenterCrop(SIZE)])

    def read(encoded):
        data = torch.frombuffer(bytearray(encoded), dtype=torch.uint8)
        return prepare(decode_jpeg(data, mode=ImageReadMode.RGB))

    return read


def opencv():
    import cv2
    import numpy

    cv2.setNumThreads(1)

    def read(encoded):
        image = cv2.imdecode(numpy.frombuffer(encoded, numpy.uint8), cv2.IMREAD_COLOR)
        height, width = image.shape[:2]
        scale = SHORT_SIDE / min(height, width)
        wide, high = round(width * scale), round(height * scale)
        image = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA)
        top, left = (high - SIZE) // 2, (wide - SIZE) // 2
        return cv2.cvtColor(image[top : top + SIZE, left : left + SIZE], cv2.COLOR_BGR2RGB)

    return read


WAYS = {
    "full": lambda: turbojpeg(8),
    "eighth": lambda: turbojpeg(1),
    "torchvision-pillow": torchvision_pillow,
    "torchvision-own": torchvision_own,
    "opencv": opencv,
}


def serve(connection, way, paths, in_memory, repeats):
    """Reads the files for each message, and answers with the processor time."""
    decode = WAYS[way]()
    contents = [path.read_bytes() for path in paths] if in_memory else None
    while connection.recv():
        start = time.process_time()
        for _ in range(repeats):
            if in_memory:
                for content in contents:
                    decode(content)
            else:
                for path in paths:
                    decode(path.read_bytes())
        connection.send(time.process_time() - start)


def measure(connections, images):
    start = time.perf_counter()
    for connection in connections:
        connection.send(True)
    seconds = sum(connection.recv() for connection in connections)
    wall = time.perf_counter() - start
    return {"milliseconds": seconds * 1000 / images, "images_per_second": images / wall}


def main():
    way, listing, given, repeats = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    paths = [pathlib.Path(line) for line in listing.read_text().splitlines()]
    in_memory = given == "memory"
    processes = 1 if in_memory else int(given)
    start = multiprocessing.get_context("spawn")
    connections = []
    for first in range(processes):
        ours, theirs = start.Pipe()
        work = (theirs, way, paths[first::processes], in_memory, repeats)
        start.Process(target=serve, args=work, daemon=True).start()
        connections.append(ours)
    images = len(paths) * repeats
    measure(connections, images)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(measure(connections, images)), flush=True)


if __name__ == "__main__":
    main()

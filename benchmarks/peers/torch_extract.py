"""Extracts VGG16's features with torchvision in eager mode, with Pillow's decoder and torchvision's transforms.

Arguments: a file with the path of an image on each line, and the batch size.
"""

import json
import pathlib
import sys
import time

import torch
from PIL import Image
from torchvision import models, transforms


def main():
    images = pathlib.Path(sys.argv[1]).read_text().splitlines()
    batch_size = int(sys.argv[2])
    network = models.vgg16(weights=None).features.eval()
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    features = []
    start = time.perf_counter()
    with torch.inference_mode():
        for begin in range(0, len(images), batch_size):
            chunk = images[begin : begin + batch_size]
            batch = torch.stack([prepare(Image.open(path).convert("RGB")) for path in chunk])
            features.append(network(batch).half().numpy())
    seconds = time.perf_counter() - start
    print(json.dumps({"images": len(images), "extract_images_per_second": len(images) / seconds}))


if __name__ == "__main__":
    main()

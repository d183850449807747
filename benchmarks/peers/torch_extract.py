"""VGG16's features by torchvision, eager: pictures decoded by Pillow, torchvision's own transforms.

Arguments: a file with a picture's path per line, and the pictures per forward pass.
"""

import json
import pathlib
import sys
import time

import torch
from PIL import Image
from torchvision import models, transforms


def main():
    pictures = pathlib.Path(sys.argv[1]).read_text().splitlines()
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
        for begin in range(0, len(pictures), batch_size):
            chunk = pictures[begin : begin + batch_size]
            batch = torch.stack([prepare(Image.open(path).convert("RGB")) for path in chunk])
            features.append(network(batch).half().numpy())
    seconds = time.perf_counter() - start
    print(json.dumps({"images": len(pictures), "extract_images_per_second": len(pictures) / seconds}))


if __name__ == "__main__":
    main()

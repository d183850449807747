"""What benchmarks/gpu compares Graft with: PyTorch. Prints one JSON object a line.

python peer.py [--cpu] [--size N] WHAT ARGUMENTS...
"""

import argparse
import contextlib
import json
import pathlib
import time

import numpy
import torch
import torchvision
from torchvision import transforms

MEAN = [0.485, 0.456, 0.406]
DEVIATION = [0.229, 0.224, 0.225]


def say(**values):
    print(json.dumps(values), flush=True)


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def rate(device, work, images, least):
    """Returns images/s: the median of three measurements of at least the given seconds each."""
    for _ in range(3):
        work()
    rates = []
    for _ in range(3):
        wait(device)
        start, done = time.perf_counter(), 0
        while done == 0 or time.perf_counter() - start < least:
            for _ in range(10 if device == "cuda" else 1):
                work()
                done += images
            wait(device)
        rates.append(done / (time.perf_counter() - start))
    return sorted(rates)[1]


def strict(tf32):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32


def prepare(size):
    return [transforms.Resize(round(256 * size / 224)), transforms.CenterCrop(size)]


def make(options, out, photographs):
    """Writes random weights of VGG16's convolutions, and photographs as PNG, so that no JPEG decoder differs."""
    from PIL import Image

    out = pathlib.Path(out)
    torch.manual_seed(7)
    network = torchvision.models.vgg16(weights=None, init_weights=False)
    for layer in network.features:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
            torch.nn.init.normal_(layer.bias, std=0.05)
    out.mkdir(parents=True, exist_ok=True)
    torch.save({name: value for name, value in network.state_dict().items() if name.startswith("features.")}, out / "weights.pth")
    for folder in sorted(path for path in pathlib.Path(photographs).iterdir() if path.is_dir()):
        target = out / "png" / folder.name
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.jpg"))[: 2 if options.cpu else 8]:
            Image.open(path).convert("RGB").save(target / f"{path.stem}.png")


def features(file):
    """Reads the tensor named features of a safetensors file."""
    content = pathlib.Path(file).read_bytes()
    length = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8 : 8 + length])["features"]
    kind = {"F16": "<f2", "F32": "<f4"}[entry["dtype"]]
    begin, end = (8 + length + offset for offset in entry["data_offsets"])
    return torch.from_numpy(numpy.frombuffer(content[begin:end], kind).reshape(entry["shape"]).astype("f4"))


def check(options, folder, *files):
    """Compares rows with PyTorch's in float64."""
    from PIL import Image

    folder, device = pathlib.Path(folder), options.device
    network = torchvision.models.vgg16(weights=None, init_weights=False)
    network.load_state_dict(torch.load(folder / "weights.pth", weights_only=True), strict=False)
    network = network.features.double().to(device).eval()
    read = transforms.Compose([*prepare(options.size), transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)])
    paths = sorted((folder / "png").glob("*/*.png"))
    with torch.inference_mode():
        pixels = (read(Image.open(path)).double()[None].to(device) for path in paths)
        expected = torch.cat([network(image).cpu() for image in pixels])
    for file in files:
        given = features(file).double()
        cosine = torch.nn.functional.cosine_similarity(given.flatten(1), expected.flatten(1))
        worst = (given - expected).abs().max() / expected.abs().max()
        say(file=pathlib.Path(file).stem, rows=len(paths), worst=worst.item(), cosine=cosine.mean().item(), least=cosine.min().item())


def eager(options, *batches):
    """torchvision's network on pixels that are on the device, channels-last."""
    device = options.device
    for name, kind, tf32 in (("fp16", torch.float16, False), ("bf16", torch.bfloat16, False), ("tf32", torch.float32, True), ("fp32", torch.float32, False)):
        strict(tf32)
        if options.cpu and name in ("fp16", "tf32"):
            continue
        network = torchvision.models.vgg16(weights=None, init_weights=False).features.eval().to(device, kind, memory_format=torch.channels_last)
        mean, deviation = (torch.tensor(values, device=device, dtype=kind) for values in (MEAN, DEVIATION))
        for batch in map(int, batches):
            pixels = torch.randint(0, 256, (batch, options.size, options.size, 3), dtype=torch.uint8, device=device)
            with torch.inference_mode():
                work = lambda: network(((pixels.to(kind) / 255 - mean) / deviation).permute(0, 3, 1, 2))  # noqa: E731
                say(precision=name, batch=batch, images_per_second=rate(device, work, batch, 0.4))


def loader(options, folder, workers, batch):
    """An epoch over JPEG files as people write it: ImageFolder, DataLoader, half precision, channels-last."""
    device, kind = options.device, torch.float32 if options.cpu else torch.float16
    data = torchvision.datasets.ImageFolder(folder, transforms.Compose([*prepare(options.size), transforms.PILToTensor()]))
    network = torchvision.models.vgg16(weights=None, init_weights=False).features.eval().to(device, kind, memory_format=torch.channels_last)
    mean, deviation = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    batches = torch.utils.data.DataLoader(data, batch_size=int(batch), num_workers=int(workers), pin_memory=not options.cpu)
    start, done = time.perf_counter(), 0
    with torch.inference_mode():
        for pixels, labels in batches:
            pixels = pixels.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)
            network(((pixels.float() / 255 - mean) / deviation).to(kind))
            done += len(labels)
    wait(device)
    say(images=done, images_per_second=done / (time.perf_counter() - start))


def train(options, what, batch):
    """Steps on rows that are on the device, gathered by a random order (block5, head), or on pixels (whole)."""
    device, batch = options.device, int(batch)
    for name in ("fp32", "tf32", "bf16"):
        if options.cpu and name == "tf32":
            continue
        strict(name == "tf32")
        torch.manual_seed(1)
        if what == "whole":
            torch.backends.cudnn.benchmark = True
            body = torchvision.models.vgg16_bn(weights=None, init_weights=False).features
            if options.cpu:
                body = body[:14]
            shape, inputs, ends, kind = (3, options.size, options.size), 128 if options.cpu else 512, lambda x: x.mean((2, 3)), torch.float32
        elif what == "block5":
            body = torchvision.models.vgg16(weights=None, init_weights=False).features[24:]
            side = options.size // 16
            shape, inputs, ends, kind = (512, side, side), 512 * (side // 2) ** 2, lambda x: x.flatten(1), torch.float16
        else:
            body, kind = torch.nn.Identity(), torch.float16
            inputs = 512 * (options.size // 32) ** 2
            shape, ends = (inputs,), lambda x: x
        body = body.to(device, memory_format=torch.channels_last)
        head = torch.nn.Linear(inputs, 10).to(device)
        parameters = [*body.parameters(), *head.parameters()]
        optimizer = (torch.optim.AdamW if what == "whole" else torch.optim.Adam)(parameters, 1e-4, fused=True)
        count = 2 * batch if options.cpu or what == "whole" else 4096
        rows = torch.randn(count, *shape, device=device, dtype=kind)
        if rows.dim() == 4:
            rows = rows.contiguous(memory_format=torch.channels_last)
        labels = torch.randint(0, 10, (count,), device=device)
        mixed = torch.autocast(device, torch.bfloat16) if name == "bf16" else contextlib.nullcontext()

        def step():
            chosen = torch.randint(0, count, (batch,), device=device)
            with mixed:
                loss = torch.nn.functional.cross_entropy(head(ends(body(rows[chosen].float()))), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        say(precision=name, batch=batch, images_per_second=rate(device, step, batch, 1))


def memory(options, mebibytes):
    """Takes the device's memory but for the given number of MiB, until its input ends."""
    import sys

    free, _ = torch.cuda.mem_get_info()
    taken = torch.empty(max(0, free - int(mebibytes) * 2**20), dtype=torch.uint8, device="cuda")
    say(taken=taken.numel())
    sys.stdin.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("what", choices=["make", "check", "eager", "loader", "train", "memory"])
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    options.device = "cpu" if options.cpu else "cuda"
    globals()[options.what](options, *options.arguments)


if __name__ == "__main__":
    main()

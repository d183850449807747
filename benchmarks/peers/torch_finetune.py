"""Measures PyTorch's usual loop, eager and channels-last, on the rows that Graft trains on.

Arguments: block5 or whole, a feature file, the number of epochs, cpu or cuda, and the precision: fp32, tf32, or bf16 by autocast.
Rows are in memory, those of a GPU in its memory. Adam is PyTorch's fused one.
"""

import contextlib
import json
import statistics
import sys
import time

import torch
import torchvision

from finetune_rows import BATCH_SIZE, CLASSES, read


def layers(kind):
    if kind == "block5":
        return torch.nn.Sequential(*torchvision.models.vgg16(weights=None).features[24:], torch.nn.Flatten(), torch.nn.Linear(25088, CLASSES))
    channels = [c if c == "M" else c // 4 for c in torchvision.models.vgg.cfgs["D"]]
    features = torchvision.models.vgg.make_layers(channels, batch_norm=True)
    return torch.nn.Sequential(*features, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(128, CLASSES))


def main():
    kind, path, epochs, device, precision = sys.argv[1:6]
    rows, labels = (torch.from_numpy(array).to(device) for array in read(path))
    if device == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.manual_seed(1)
    model = layers(kind).to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0001, fused=True)
    mixed = torch.autocast(device, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()
    rates, milliseconds = [], []
    for _ in range(int(epochs)):
        start, used = time.perf_counter(), time.process_time()
        order = torch.randperm(len(rows), device=device)
        loss_sum, correct = torch.zeros((), device=device), torch.zeros((), device=device)
        for chunk in order.split(BATCH_SIZE):
            x = rows[chunk].float().contiguous(memory_format=torch.channels_last)
            with mixed:
                logits = model(x)
                loss = torch.nn.functional.cross_entropy(logits, labels[chunk])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(chunk)
            correct += (logits.argmax(1) == labels[chunk]).sum()
        loss_sum.item(), correct.item()
        rates.append(len(rows) / (time.perf_counter() - start))
        milliseconds.append((time.process_time() - used) * 1000 / len(rows))
    print(
        json.dumps(
            {
                "rows_per_second": statistics.median(rates[1:]),
                "processor_milliseconds_per_row": statistics.median(milliseconds[1:]),
            }
        )
    )


if __name__ == "__main__":
    main()

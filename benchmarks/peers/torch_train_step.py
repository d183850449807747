"""Measures one step of PyTorch's usual training loop on rows in memory.

Arguments: a feature file of VGG16's block5_pool, the number of epochs, and the type of the rows in memory.
"""

import json
import statistics
import struct
import sys
import time

import numpy
import torch

BATCH_SIZE, CLASSES = 32, 10


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        rows = numpy.frombuffer(file.read(header["features"]["data_offsets"][1]), "<f2")
        labels = numpy.frombuffer(file.read(), "<i8")
    return torch.from_numpy(rows.reshape(len(labels), -1).copy()), torch.from_numpy(labels.copy())


def main():
    rows, labels = read(sys.argv[1])
    epochs = int(sys.argv[2])
    rows = rows.to(getattr(torch, sys.argv[3]))
    torch.manual_seed(1)
    head = torch.nn.Linear(rows.shape[1], CLASSES)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.001)
    milliseconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(rows))
        total, correct = 0.0, 0
        for chunk in order.split(BATCH_SIZE):
            logits = head(rows[chunk].float())
            loss = torch.nn.functional.cross_entropy(logits, labels[chunk])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chunk)
            correct += (logits.argmax(1) == labels[chunk]).sum().item()
        steps = -(-len(rows) // BATCH_SIZE)
        milliseconds.append((time.perf_counter() - start) * 1000 / steps)
    print(json.dumps({"milliseconds_per_step": statistics.median(milliseconds[1:])}))


if __name__ == "__main__":
    main()

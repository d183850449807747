"""The reference recipe as in torchvision's tutorials: VGG16's features frozen, a linear classifier, Adam, batch 32.

Arguments: a folder of training images, one of validation images, and the number of epochs. Prints one JSON object: the
seconds before the first epoch, from the start of the process, and the seconds of each epoch. The weights are random, because
speed does not depend on them.
"""

import json
import sys
import time


def main():
    import psutil
    import torch
    from torchvision import datasets, models, transforms

    started = psutil.Process().create_time()
    train, validation, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    training = datasets.ImageFolder(train, prepare)
    validating = datasets.ImageFolder(validation, prepare)
    train_batches = torch.utils.data.DataLoader(training, batch_size=32, shuffle=True)
    validation_batches = torch.utils.data.DataLoader(validating, batch_size=32)
    features = models.vgg16(weights=None).features.eval().requires_grad_(False)
    model = torch.nn.Sequential(features, torch.nn.Flatten(), torch.nn.Linear(25088, len(training.classes)))
    optimizer = torch.optim.Adam(model[2].parameters())
    loss_of = torch.nn.CrossEntropyLoss()
    ends = [time.time()]
    for _ in range(epochs):
        for images, labels in train_batches:
            optimizer.zero_grad()
            loss_of(model(images), labels).backward()
            optimizer.step()
        with torch.no_grad():
            for images, labels in validation_batches:
                (model(images).argmax(1) == labels).sum().item()
        ends.append(time.time())
    seconds = [after - before for before, after in zip(ends, ends[1:])]
    print(json.dumps({"seconds_before": ends[0] - started, "seconds_per_epoch": seconds}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes one VGG16 with one channel in its first block as people save their own networks, with PyTorch and Keras.

The weights of the convolutions are the same in all files. stranger_* must be refused. expected.safetensors has
them under torchvision's names, and features: what torchvision computes for the input. Keras computes the same within 1e-5, which this
script checks. All files but that are gzipped, and the weights have few bits, because fixtures should be small.

Needs: pip install torch torchvision keras h5py numpy safetensors
Run:   python make_own.py   (in this folder)
Made:  with torch 2.15.0, torchvision 0.29.2, keras 3.15.1, h5py 3.14.0
"""
import argparse
import collections
import datetime
import gzip
import os
import pathlib
import warnings

os.environ["KERAS_BACKEND"] = "torch"
warnings.simplefilter("ignore")
import h5py
import keras
import numpy as np
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

CHANNELS = [(1, 2), (2, 2), (4, 3), (8, 3), (8, 3)]
SIZE = 32
torch.manual_seed(3)
keras.utils.set_random_seed(3)


def features():
    plan = [c for channels, n in CHANNELS for c in [channels] * n + ["M"]]
    return torchvision.models.vgg.make_layers(plan)


def classifier(classes, hidden=4):
    return nn.Sequential(nn.Linear(8 * 49, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes))


def vgg(classes=5, head=None):
    model = torchvision.models.VGG(FEATURES, num_classes=2, init_weights=False)
    model.classifier = head or classifier(classes)
    return model.eval()


FEATURES = features().eval()
with torch.no_grad():
    for p in FEATURES.parameters():
        p.copy_(torch.round(torch.randn_like(p) * 8 * (0.5 if p.dim() > 1 else 0.1)) / 8)
WHOLE = vgg()
INPUT = torch.randn(1, 3, SIZE, SIZE)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = vgg().features
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(8, 3))

    def forward(self, x):
        return self.head(self.backbone(x))


def prefixed(prefix, state):
    return collections.OrderedDict((prefix + k, v) for k, v in state.items())


def pytorch():
    state = WHOLE.state_dict()
    legacy = {"_use_new_zipfile_serialization": False}
    torch.save(state, "five_classes.pth")
    save_file(state, "five_classes.safetensors")
    save_file({k: v.contiguous() for k, v in prefixed("model.module.", state).items()}, "model_module.safetensors")
    save_file({k: v.contiguous() for k, v in FEATURES.state_dict().items()}, "features_alone.safetensors")
    torch.save(prefixed("module._orig_mod.", state), "module_orig_mod.pth", **legacy)
    torch.save(prefixed("_orig_mod.module.", state), "orig_mod_module.pth")
    optimizer = torch.optim.Adam(WHOLE.parameters())
    WHOLE(INPUT).sum().backward()
    optimizer.step = lambda: None
    beside = {
        "epoch": 7, "best": np.float64(0.5), "args": argparse.Namespace(lr=0.1, data=pathlib.Path("x"), seeds={1, 2}), "when": datetime.datetime(2024, 1, 2),
        "optimizer_state_dict": optimizer.state_dict(), "history": collections.defaultdict(list, loss=[np.float32(1), 2.0]), "rng": np.arange(3),
        "shape": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float16,
    }
    torch.save({**beside, "model_state_dict": state}, "model_state_dict.pth")
    torch.save({**beside, "model": {"state_dict": prefixed("module.", state)}}, "two_levels.pth", **legacy)
    lightning = {"epoch": 1, "global_step": torch.tensor(9), "pytorch-lightning_version": "2.4.0", "state_dict": {**prefixed("model.", state), "criterion.weight": torch.ones(5)},
                 "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {"best": torch.tensor(0.5)}, "optimizer_states": [optimizer.state_dict()], "lr_schedulers": []}
    torch.save(lightning, "lightning.ckpt")
    torch.save(Net().state_dict(), "backbone.pth")
    torch.save(FEATURES.state_dict(), "features_alone.pth")
    torch.save(nn.Sequential(FEATURES, nn.Flatten(), nn.Linear(8, 3)).state_dict(), "sequential.pth", **legacy)
    torch.save(nn.Sequential(*FEATURES, nn.Flatten(), nn.Linear(8, 3)).state_dict(), "flat_sequential.pth")
    torch.save(torch.optim.swa_utils.AveragedModel(WHOLE).state_dict(), "averaged.pth")
    torch.save(WHOLE, "whole_model.pth")
    torch.save(FEATURES, "whole_features.pth")
    torch.save(nn.DataParallel(WHOLE), "whole_parallel.pth")
    settings = Settings()
    settings.inner["parent"] = settings
    torch.save({"hyper_parameters": settings, "state_dict": state}, "settings.pth")
    torch.save({"model": WHOLE, "epoch": 3}, "whole_model_inside.pth", **legacy)
    torch.jit.trace(FEATURES, INPUT).save("features_traced.pt")
    torch.jit.script(FEATURES).save("features_scripted.pt")
    torch.jit.script(Net()).save("net_scripted.pt")
    torch.save({"a." + k: v for k, v in state.items()} | {"b." + k: v for k, v in state.items()}, "stranger_twice.pth")
    torch.save({**beside, "state_dict": state, "fn": Evil()}, "stranger_call.pth")


class Settings:
    def __init__(self):
        self.inner = {"lr": 0.1}


class Evil:
    def __reduce__(self):
        return os.system, ("touch executed",)


def convolutions(x, named=True):
    conv = 0
    for block, (channels, count) in enumerate(CHANNELS, 1):
        for i in range(1, count + 1):
            names = {"name": f"block{block}_conv{i}"} if named is True else {"name": named + str(conv)} if named else {}
            x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", **names)(x)
            conv += 1
        x = keras.layers.MaxPooling2D(2, 2, **({"name": f"block{block}_pool"} if named is True else {}))(x)
    return x


def base(named=True, name="vgg16"):
    x = keras.Input((SIZE, SIZE, 3))
    return keras.Model(x, convolutions(x, named), name=name)


def layers(model):
    for layer in model.layers:
        yield from layers(layer) if isinstance(layer, keras.Model) else [layer]


def fill(model):
    """Gives the model's first 13 convolutions of 3 x 3 the weights of the PyTorch network, and checks its features."""
    found = [l for l in layers(model) if isinstance(l, keras.layers.Conv2D) and l.kernel_size == (3, 3)]
    assert len(found) == 13
    for layer, conv in zip(found, (m for m in FEATURES if isinstance(m, nn.Conv2d))):
        layer.set_weights([conv.weight.detach().numpy().transpose(2, 3, 1, 0), conv.bias.detach().numpy()])
    return model


def kinds(name, model, fit=False):
    if fit:
        model.compile(keras.optimizers.Adam(0.0), "mse")
        model.fit(np.zeros((2, SIZE, SIZE, 3)), np.zeros((2, model.output_shape[-1])), verbose=0)
    fill(model)
    for kind in ("keras", "h5", "weights.h5"):
        path = f"{name}.{kind}"
        model.save_weights(path) if kind == "weights.h5" else model.save(path)
        pack(path)


def pack(path):
    with open(path, "rb") as f, open(path + ".gz", "wb") as packed:
        packed.write(gzip.compress(f.read(), 9, mtime=0))
    os.remove(path)


def without_names(source, target):
    """The same tree without attributes, as Keras 3.0 wrote it."""
    with h5py.File(source) as a, h5py.File(target, "w") as b:

        def visit(name, node):
            if isinstance(node, h5py.Dataset):
                b.create_dataset(name, data=node[()])

        a.visititems(visit)
    pack(target)


def pack_all():
    for path in sorted(os.listdir(".")):
        if path.endswith((".pth", ".pt", ".ckpt")) or (path.endswith(".safetensors") and path != "expected.safetensors"):
            pack(path)


def keras_files():
    core = fill(base())
    expected = FEATURES(INPUT).detach().numpy()
    got = core.predict(INPUT.numpy().transpose(0, 2, 3, 1), verbose=0).transpose(0, 3, 1, 2)
    assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max() + 1e-6, np.abs(got - expected).max()

    kinds("keras_sequential", keras.Sequential([base(), keras.layers.Flatten(), keras.layers.Dense(5)]), fit=True)

    x = inp = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Rescaling(1 / 255)(keras.layers.RandomFlip()(x))
    x = keras.layers.GlobalAveragePooling2D()(base()(x, training=False))
    x = keras.layers.BatchNormalization()(keras.layers.Dropout(0.2)(x))
    kinds("keras_functional", keras.Model(inp, keras.layers.Dense(3)(x)), fit=True)

    x = inp = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Flatten()(convolutions(x))
    x = keras.layers.Dense(6, activation="relu", name="fc1")(x)
    kinds("keras_flat", keras.Model(inp, keras.layers.Dense(3, name="aux")(x)))

    x = inp = keras.Input((224, 224, 3))
    x = keras.layers.Flatten()(convolutions(x))
    for name, units in (("fc1", 4), ("fc2", 4), ("predictions", 3)):
        x = keras.layers.Dense(units, name=name)(x)
    top = fill(keras.Model(inp, x))
    kernel = WHOLE.classifier[0].weight.detach().numpy().reshape(4, 8, 7, 7).transpose(2, 3, 1, 0).reshape(392, 4)
    top.get_layer("fc1").set_weights([kernel, WHOLE.classifier[0].bias.detach().numpy()])
    top.get_layer("fc2").set_weights([WHOLE.classifier[3].weight.detach().numpy().T, WHOLE.classifier[3].bias.detach().numpy()])
    kinds("keras_top", top)

    class Subclass(keras.Model):
        def __init__(self):
            super().__init__()
            self.backbone = base()
            self.pool = keras.layers.GlobalAveragePooling2D()
            self.head = keras.layers.Dense(3)

        def call(self, x):
            return self.head(self.pool(self.backbone(x)))

    own = Subclass()
    own(np.zeros((1, SIZE, SIZE, 3)))
    fill(own.backbone)
    own.save_weights("keras_subclass.weights.h5")
    pack("keras_subclass.weights.h5")

    x = inp = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(7, 1)(convolutions(x, named=False))
    kinds("keras_automatic", keras.Model(inp, keras.layers.Dense(3)(keras.layers.Flatten()(x))))

    x = inp = keras.Input((SIZE, SIZE, 3))
    kinds("keras_own_names", keras.Model(inp, keras.layers.Dense(3, name="a_head")(keras.layers.Flatten()(convolutions(x, named="my_conv_")))))

    keras.Sequential([fill(base()), keras.layers.Flatten(), keras.layers.Dense(5)]).save_weights("named.weights.h5")
    without_names("named.weights.h5", "keras_no_names.weights.h5")
    os.remove("named.weights.h5")

    # Two models inside one, each with its own numbering of convolutions.
    x = inp = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(5, 1)(base(named=False)(x))
    fill(model := keras.Model(inp, keras.layers.Dense(3)(keras.layers.Flatten()(x)))).save_weights("named.weights.h5")
    without_names("named.weights.h5", "keras_twice_numbered.weights.h5")
    os.remove("named.weights.h5")

    # A convolution before the network changes what the network sees.
    x = inp = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(3, 1, name="adapter")(x)
    fill(model := keras.Model(inp, keras.layers.Dense(3)(keras.layers.Flatten()(base()(x)))))
    model.save("stranger_adapter.keras")
    pack("stranger_adapter.keras")
    model.save("stranger_adapter.h5")
    pack("stranger_adapter.h5")


def keras2():
    """Keras 2's layout of a whole model, written by hand: layer_names and weight_names, and names that TensorFlow made unique."""
    convs = [m for m in FEATURES if isinstance(m, nn.Conv2d)]
    names = [f"block{b}_conv{i}" for b, (_, n) in enumerate(CHANNELS, 1) for i in range(1, n + 1)]
    with h5py.File("keras2_sequential.h5", "w") as f:
        f.attrs["keras_version"], f.attrs["backend"] = "2.2.4", "tensorflow"
        root = f.create_group("model_weights")
        root.attrs["layer_names"] = [b"vgg16", b"flatten_1", b"dense_1"]
        weights = []
        group = root.create_group("vgg16")
        for name, conv in zip(names, convs):
            for role, value in (("kernel:0", conv.weight.detach().numpy().transpose(2, 3, 1, 0)), ("bias:0", conv.bias.detach().numpy())):
                weights.append(f"{name}_1/{role}".encode())
                group.create_dataset(f"{name}_1/{role}", data=value)
        group.attrs["weight_names"] = weights
        root.create_group("flatten_1").attrs["weight_names"] = np.zeros(0, "S1")
        group = root.create_group("dense_1")
        group.attrs["weight_names"] = [b"dense_1/kernel:0", b"dense_1/bias:0"]
        group.create_dataset("dense_1/kernel:0", data=np.ones((8, 3), "f4"))
        group.create_dataset("dense_1/bias:0", data=np.ones(3, "f4"))
        f.create_group("optimizer_weights").create_dataset("training/Adam/iterations:0", data=np.int64(3))
    pack("keras2_sequential.h5")


pytorch()
pack_all()
keras_files()
keras2()
state = {k: v.detach().clone() for k, v in WHOLE.state_dict().items()}
save_file({**state, "input": INPUT, "features": FEATURES(INPUT).detach(), "fc2": WHOLE.classifier[:5](torch.flatten(WHOLE.avgpool(FEATURES(INPUT)), 1)).detach()},
          "expected.safetensors")

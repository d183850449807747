#!/usr/bin/env python3
"""Writes Keras's other file formats, with Keras 2 (tf_keras) and Keras 3, from the weights of tiny_vgg16_keras_legacy.h5.

Needs: pip install h5py numpy tensorflow-cpu keras tf_keras safetensors
Run:   python make_keras.py   (in this folder)
Made:  with tensorflow 2.21.0, keras 3.15.1, tf_keras 2.21.0, h5py 3.14.0

tiny_vgg16_keras2.h5        Keras 2's save_weights: /LAYER/LAYER/kernel:0
tiny_vgg16_keras2_model.h5  Keras 2's save of a whole compiled model: the same under /model_weights, and optimizer_weights
tiny_vgg16.keras            Keras 3's archive
keras_auto_names.weights.h5 Keras 3, every layer named by Keras itself (conv2d_7, ...), chunked, shuffled, deflated, no name attributes
keras_batch_norm.weights.h5 Keras 3: convolution, batch normalisation with running statistics, dense
keras_batch_norm_expected.safetensors  its input (NCHW) and output
keras_chunked.weights.h5    the same in compressed chunks
keras_float16.h5, keras_float64.h5     the first convolution in other precisions
keras_channels_first.keras  a model whose Flatten follows NCHW; must be refused
keras_epsilon.keras         batch normalisation with epsilon 0.01; must be refused
keras_cycle.h5              a group that contains the root; must be refused
keras_external_link.h5      a layer in another file; must be refused
keras_dense_links.h5        HDF5's newer form of large groups; must be refused
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np
import tf_keras
from safetensors.numpy import save_file

CHANNELS = [(4, 2), (8, 2), (16, 3), (32, 3), (32, 3)]
LEGACY = h5py.File("tiny_vgg16_keras_legacy.h5")


def weights(name):
    return [LEGACY[f"{name}/{name}_{s}_1:0"][()] for s in "Wb"]


def vgg(k, named=True):
    name = (lambda n: {"name": n}) if named else (lambda n: {})
    x = inp = k.Input((224, 224, 3))
    order = []
    for block, (channels, count) in enumerate(CHANNELS, 1):
        for i in range(1, count + 1):
            order.append(f"block{block}_conv{i}")
            x = k.layers.Conv2D(channels, 3, padding="same", activation="relu", **name(order[-1]))(x)
        x = k.layers.MaxPooling2D(2, 2, **name(f"block{block}_pool"))(x)
    x = k.layers.Flatten(**name("flatten"))(x)
    for n, units, activation in (("fc1", 64, "relu"), ("fc2", 64, "relu"), ("predictions", 10, "softmax")):
        order.append(n)
        x = k.layers.Dense(units, activation=activation, **name(n))(x)
    model = k.Model(inp, x)
    for n, layer in zip(order, (l for l in model.layers if l.weights)):
        layer.set_weights(weights(n))
    return model


def copy_chunked(source, target):
    """The same tree without attributes, its larger datasets chunked, shuffled and deflated."""
    with h5py.File(source) as a, h5py.File(target, "w") as b:
        def visit(name, node):
            if isinstance(node, h5py.Dataset):
                packed = {"chunks": True, "compression": "gzip", "shuffle": True} if node.size > 100 else {}
                b.create_dataset(name, data=node[()], **packed)
        a.visititems(visit)


def batch_norm():
    rng = np.random.default_rng(5)
    inp = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(6, 3, padding="same", name="block1_conv1")(inp)
    x = keras.layers.BatchNormalization(name="block1_bn1")(x)
    x = keras.layers.MaxPooling2D(2, 2)(keras.layers.ReLU()(x))
    x = keras.layers.Dense(5, name="fc1")(keras.layers.Flatten()(x))
    m = keras.Model(inp, x)
    for w in m.weights:
        low = 0.001 if "variance" in w.path else -1
        w.assign(rng.uniform(low, 1, w.shape).astype(np.float32))
    m.save_weights("keras_batch_norm.weights.h5")
    copy_chunked("keras_batch_norm.weights.h5", "keras_chunked.weights.h5")
    data = rng.normal(0, 1, (4, 8, 8, 3)).astype(np.float32)
    save_file({"input": np.ascontiguousarray(data.transpose(0, 3, 1, 2)), "output": m.predict(data, verbose=0)},
              "keras_batch_norm_expected.safetensors")


def refused():
    inp = keras.Input((3, 8, 8))
    x = keras.layers.Conv2D(4, 3, padding="same", data_format="channels_first", name="block1_conv1")(inp)
    x = keras.layers.Dense(5, name="fc1")(keras.layers.Flatten(data_format="channels_first")(x))
    keras.Model(inp, x).save("keras_channels_first.keras")
    inp = keras.Input((8, 8, 3))
    x = keras.layers.BatchNormalization(epsilon=0.01, name="block1_bn1")(keras.layers.Conv2D(4, 3, name="block1_conv1")(inp))
    keras.Model(inp, x).save("keras_epsilon.keras")


def precisions():
    for dtype in ("float16", "float64"):
        with h5py.File(f"keras_{dtype}.h5", "w") as f:
            for n, w in zip(("kernel", "bias"), weights("block1_conv1")):
                f.create_dataset(f"block1_conv1/block1_conv1/{n}:0", data=w.astype(dtype))


def hostile():
    with h5py.File("keras_cycle.h5", "w") as f:
        f.create_dataset("block1_conv1/block1_conv1/bias:0", data=weights("block1_conv1")[1])
        f["block1_conv1/again"] = f["/"]
    with h5py.File("keras_external_link.h5", "w") as f:
        f["block1_conv1"] = h5py.ExternalLink("tiny_vgg16_keras2.h5", "/block1_conv1")
    with h5py.File("keras_dense_links.h5", "w", libver="latest") as f:
        for i in range(20):
            f.create_dataset(f"block1_conv1/block1_conv1/bias_{i}:0", data=weights("block1_conv1")[1])


vgg(tf_keras).save_weights("tiny_vgg16_keras2.h5", save_format="h5")
whole = vgg(tf_keras)
whole.compile("sgd", "categorical_crossentropy")
whole.save("tiny_vgg16_keras2_model.h5", save_format="h5")
vgg(keras).save("tiny_vgg16.keras")
vgg(keras, named=False).save_weights("auto.weights.h5")
copy_chunked("auto.weights.h5", "keras_auto_names.weights.h5")
os.remove("auto.weights.h5")
batch_norm()
refused()
precisions()
hostile()

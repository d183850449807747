"""Computes VGG16's features with another runtime, from pixels in memory.

Arguments: the name of a peer in PEERS, and the number of images per measurement. Prints a line when it is ready. Then it
measures once for each line of input, and prints one JSON object. Images (uint8) and weights are random, because speed does
not depend on them. A measurement includes the normalisation, as it does for Graft's compiled backbone.
"""

import json
import os
import sys
import time

import numpy

BATCH_SIZES = (1, 4, 8, 32)
MEAN = (0.485, 0.456, 0.406)
STANDARD_DEVIATION = (0.229, 0.224, 0.225)


def torch_network(dtype="float32", channels_last=False, compiled=False, timm_model=False):
    import torch

    if timm_model:
        import timm

        network = timm.create_model("vgg16.tv_in1k", pretrained=False, num_classes=0, global_pool="").features
    else:
        from torchvision import models

        network = models.vgg16(weights=None).features
    kind = getattr(torch, dtype)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = network.eval().to(dtype=kind, memory_format=layout)
    mean = torch.tensor(MEAN).view(1, 3, 1, 1)
    deviation = torch.tensor(STANDARD_DEVIATION).view(1, 3, 1, 1)

    def forward(pixels):
        planes = pixels.permute(0, 3, 1, 2).float().div(255).sub(mean).div(deviation)
        return network(planes.to(dtype=kind, memory_format=layout)).float()

    if compiled:
        import torch._inductor.config

        torch._inductor.config.freezing = True
        forward = torch.compile(forward)

    def run(pixels):
        with torch.no_grad():
            return forward(torch.from_numpy(pixels)).numpy()

    return run


def onnx_file():
    """Exports VGG16's features and the normalisation with torch, for any batch size."""
    import tempfile

    import torch
    from torchvision import models

    class Features(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.features = models.vgg16(weights=None).features
            self.mean = torch.nn.Parameter(torch.tensor(MEAN).view(1, 3, 1, 1))
            self.deviation = torch.nn.Parameter(torch.tensor(STANDARD_DEVIATION).view(1, 3, 1, 1))

        def forward(self, pixels):
            return self.features((pixels.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.deviation)

    path = os.path.join(tempfile.mkdtemp(), "vgg16.onnx")
    torch.onnx.export(
        Features().eval(),
        (torch.zeros(1, 224, 224, 3, dtype=torch.uint8),),
        path,
        input_names=["pixels"],
        output_names=["features"],
        dynamic_axes={"pixels": {0: "batch"}, "features": {0: "batch"}},
        dynamo=False,
    )
    return path


def onnx_runtime():
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx_file(), providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"pixels": pixels})[0]


def openvino(precision):
    import openvino

    core = openvino.Core()
    model = core.read_model(onnx_file())
    if precision == "int8":
        import nncf

        random = numpy.random.default_rng(1)
        sample = [random.integers(0, 256, (1, 224, 224, 3), numpy.uint8) for _ in range(16)]
        model = nncf.quantize(model, nncf.Dataset(sample), subset_size=len(sample))
    hint = "bf16" if precision == "bf16" else "f32"
    compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": hint})
    return lambda pixels: compiled(pixels)[0]


def keras_network():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))

    def run(pixels):
        prepared = keras.applications.vgg16.preprocess_input(pixels.astype(numpy.float32))
        return network.predict_on_batch(prepared)

    return run


PEERS = {
    "torchvision-fp32": torch_network,
    "torchvision-fp32-channels-last": lambda: torch_network(channels_last=True),
    "torchvision-bf16-channels-last": lambda: torch_network("bfloat16", channels_last=True),
    "torch-compile-fp32": lambda: torch_network(channels_last=True, compiled=True),
    "torch-compile-bf16": lambda: torch_network("bfloat16", channels_last=True, compiled=True),
    "timm-fp32": lambda: torch_network(timm_model=True),
    "openvino-fp32": lambda: openvino("fp32"),
    "openvino-bf16": lambda: openvino("bf16"),
    "openvino-int8": lambda: openvino("int8"),
    "onnxruntime-fp32": onnx_runtime,
    "keras-fp32": keras_network,
}


def main():
    name, images = sys.argv[1], int(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr
    run = PEERS[name]()
    random = numpy.random.default_rng(2)
    pixels = random.integers(0, 256, (max(BATCH_SIZES), 224, 224, 3), numpy.uint8)

    def rate(size):
        done = 0
        start = time.perf_counter()
        while done < images:
            run(pixels[:size])
            done += size
        return done / (time.perf_counter() - start)

    speeds = {}
    for size in BATCH_SIZES:
        run(pixels[:size])
        speeds[size] = rate(size)
    best = max(speeds, key=speeds.get)
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps({"images_per_second": rate(best), "batch_size": best}), file=answers, flush=True)


if __name__ == "__main__":
    main()

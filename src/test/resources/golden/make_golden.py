#!/usr/bin/env python3
"""Writes this folder's reference values with independent programs: torchvision, Keras, Pillow, timm's names, safetensors.

The images are drawn from a seed, so no photographs are needed.

Needs: pip install torch torchvision safetensors h5py pillow numpy tensorflow-cpu keras
Run:   python make_golden.py OUT [SEED]
Made:  with torch 2.7.1, torchvision 0.22.1, keras 3.15.1, pillow 13.0.0

A formula gives the weights, so a full-size VGG16 (528 MB) need not be stored. For tensor number t (0, 1, ... in the order of
torchvision's state_dict: features.0.weight, features.0.bias, ...) and flat index i in PyTorch's layout (OIHW, or out x in):
    z = splitmix64(SEED * 2^56 + t * 2^40 + i)      (all arithmetic modulo 2^64)
    u = (z >> 40) / 2^24                             in [0, 1), exact in float32
    weight = float32((u - 0.5) * 2 * sqrt(6 / fan_in))   computed in float64, then rounded
    bias   = float32((u - 0.5) * 0.1)
splitmix64(s): s += 0x9E3779B97F4A7C15; s = (s ^ s>>30) * 0xBF58476D1CE4E5B9; s = (s ^ s>>27) * 0x94D049BB133111EB; s ^ s>>31
"""
import io
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import numpy as np
import torch
import torchvision
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from safetensors.numpy import save_file

OUT = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
FULL = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]
TINY = [c if c == "M" else c // 16 for c in FULL]
KERAS_NAMES = [f"block{b}_conv{i}" for b, n in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3)) for i in range(1, n + 1)]


def splitmix64(s):
    s = s + np.uint64(0x9E3779B97F4A7C15)
    s = (s ^ (s >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    s = (s ^ (s >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return s ^ (s >> np.uint64(31))


def fill(model):
    with np.errstate(over="ignore"), torch.no_grad():
        for t, (name, p) in enumerate(model.state_dict().items()):
            i = np.arange(p.numel(), dtype=np.uint64) + np.uint64((SEED << 56) + (t << 40))
            u = (splitmix64(i) >> np.uint64(40)).astype(np.float64) / 2**24
            scale = 2 * np.sqrt(6 / p[0].numel()) if name.endswith("weight") else 0.1
            p.copy_(torch.from_numpy(((u - 0.5) * scale).astype(np.float32)).reshape(p.shape))
    return model.eval()


def vgg(cfg, fc=4096, classes=1000):
    m = torchvision.models.VGG(torchvision.models.vgg.make_layers(cfg), num_classes=classes, init_weights=False)
    c = cfg[-2]
    m.classifier[0] = torch.nn.Linear(c * 49, fc)
    m.classifier[3] = torch.nn.Linear(fc, fc)
    m.classifier[6] = torch.nn.Linear(fc, classes)
    return fill(m)


def picture(number, width, height):
    """A drawn image with the properties of photographs: smooth light, edges, fine texture, blur, dark and bright parts, noise."""
    rng = np.random.default_rng([SEED, number])
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    top, bottom = rng.uniform(60, 255, 3), rng.uniform(0, 160, 3)
    a = top + (bottom - top) * (y / y.max())[..., None]
    for octave in range(1, 8):
        small = rng.normal(0, 1, (2**octave + 1, 2**octave + 1, 3)).astype(np.float32)
        layers = [Image.fromarray(small[..., c]).resize((width, height), Image.BICUBIC) for c in range(3)]
        a += np.stack([np.asarray(layer) for layer in layers], -1) * 60 / octave**1.3
    fx, fy = rng.uniform(20, 120, 2)
    stripes = np.sin(2 * np.pi * (fx * x + fy * y)) * np.exp(-((x - 0.7) ** 2 + (y - 0.3) ** 2) * 12)
    a += 45 * stripes[..., None]
    img = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(img)
    for i in range(14):
        cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.02, 0.16) * max(width, height)
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        if i % 3 == 0:
            draw.ellipse([cx - r, cy - r * 0.7, cx + r, cy + r * 0.7], fill=colour)
        elif i % 3 == 1:
            angles = np.sort(rng.uniform(0, 2 * np.pi, 5))
            draw.polygon([(cx + r * np.cos(t), cy + r * np.sin(t)) for t in angles], fill=colour)
        else:
            draw.line([cx, cy, cx + rng.uniform(-3, 3) * r, cy + rng.uniform(-3, 3) * r], fill=colour, width=int(1 + r / 25))
        if i == 8:
            img = img.filter(ImageFilter.GaussianBlur(2.2))
            draw = ImageDraw.Draw(img)
    a = np.asarray(img.filter(ImageFilter.GaussianBlur(0.6))).astype(np.float64)
    return Image.fromarray(np.clip(a + rng.normal(0, 4, a.shape), 0, 255).astype(np.uint8))


def torchvision_input(img):
    from torchvision.transforms import v2 as T
    pil = T.Compose([T.Resize(256, antialias=True), T.CenterCrop(224)])(img)
    x = np.asarray(pil)
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    return x, torch.from_numpy(((x.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None].copy())


def keras_model(cfg, m, top):
    import keras
    x = inp = keras.Input((224, 224, 3))
    names, convs = iter(KERAS_NAMES), [l for l in m.features if isinstance(l, torch.nn.Conv2d)]
    block = 0
    for c in cfg:
        if c == "M":
            block += 1
            x = keras.layers.MaxPooling2D(2, 2, name=f"block{block}_pool")(x)
        else:
            x = keras.layers.Conv2D(c, 3, padding="same", activation="relu", name=next(names))(x)
    if top:
        x = keras.layers.Flatten(name="flatten")(x)
        x = keras.layers.Dense(m.classifier[0].out_features, activation="relu", name="fc1")(x)
        x = keras.layers.Dense(m.classifier[3].out_features, activation="relu", name="fc2")(x)
        x = keras.layers.Dense(m.classifier[6].out_features, activation="softmax", name="predictions")(x)
    k = keras.Model(inp, x)
    for n, c in zip(KERAS_NAMES, convs):
        k.get_layer(n).set_weights([c.weight.detach().numpy().transpose(2, 3, 1, 0), c.bias.detach().numpy()])
    if top:
        w = m.classifier[0].weight.detach().numpy()
        ch = w.shape[1] // 49
        w = w.reshape(-1, ch, 7, 7).transpose(2, 3, 1, 0).reshape(49 * ch, -1)
        k.get_layer("fc1").set_weights([w, m.classifier[0].bias.detach().numpy()])
        for n, i in (("fc2", 3), ("predictions", 6)):
            k.get_layer(n).set_weights([m.classifier[i].weight.detach().numpy().T, m.classifier[i].bias.detach().numpy()])
    return k


def keras_h5_legacy(k, path):
    """The layout of the published files: /LAYER/LAYER_W_1:0 and /LAYER/LAYER_b_1:0, with layer_names and weight_names."""
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = [l.name.encode() for l in k.layers]
        for l in k.layers:
            g = f.create_group(l.name)
            names = [f"{l.name}_{s}_1:0".encode() for s in "Wb"] if l.get_weights() else []
            g.attrs["weight_names"] = names
            for n, w in zip(names, l.get_weights()):
                g.create_dataset(n.decode(), data=w)


def run(m, x):
    with torch.inference_mode():
        f = m.features(x)
        fc2 = m.classifier[:5](torch.flatten(m.avgpool(f), 1))
        return f.numpy(), fc2.numpy(), m.classifier[6](fc2).numpy()


def full_size(pictures):
    import keras
    m, out = vgg(FULL), {}
    k = keras_model(FULL, m, top=False)
    for j, picture in enumerate(pictures):
        pixels, x = torchvision_input(picture)
        f, fc2, logits = run(m, x)
        out[f"{j}.torchvision.pixels"] = pixels
        out[f"{j}.torchvision.features"], out[f"{j}.torchvision.fc2"], out[f"{j}.torchvision.logits"] = f[0], fc2[0], logits[0]
        png = io.BytesIO()
        picture.save(png, "PNG")
        img = keras.utils.load_img(io.BytesIO(png.getvalue()), target_size=(224, 224), interpolation="bilinear")
        px = np.asarray(img)
        kx = keras.applications.vgg16.preprocess_input(px[None].astype(np.float32))
        out[f"{j}.keras.pixels"] = px
        out[f"{j}.keras.features"] = k.predict(kx, verbose=0)[0]
    save_file({n: np.ascontiguousarray(a) for n, a in out.items()}, f"{OUT}/vgg16_full.safetensors",
              metadata={"seed": str(SEED),
                        "versions": f"torch {torch.__version__} torchvision {torchvision.__version__} keras {keras.__version__} pillow {Image.__version__}"})


def tiny(pictures):
    m = vgg(TINY, fc=64, classes=10)
    sd = m.state_dict()
    torch.save(sd, f"{OUT}/tiny_vgg16_zip.pth")
    torch.save(sd, f"{OUT}/tiny_vgg16_legacy.pth", _use_new_zipfile_serialization=False)
    a = {n: p.numpy().copy() for n, p in sd.items()}
    save_file(a, f"{OUT}/tiny_vgg16_torchvision.safetensors")
    timm = {n: p for n, p in a.items() if n.startswith("features")}
    timm["pre_logits.fc1.weight"] = a["classifier.0.weight"].reshape(64, -1, 7, 7)
    timm["pre_logits.fc1.bias"] = a["classifier.0.bias"]
    timm["pre_logits.fc2.weight"] = a["classifier.3.weight"].reshape(64, 64, 1, 1)
    timm["pre_logits.fc2.bias"] = a["classifier.3.bias"]
    timm["head.fc.weight"], timm["head.fc.bias"] = a["classifier.6.weight"], a["classifier.6.bias"]
    save_file(timm, f"{OUT}/tiny_vgg16_timm.safetensors")
    top = keras_model(TINY, m, top=True)
    keras_h5_legacy(top, f"{OUT}/tiny_vgg16_keras_legacy.h5")
    top.save_weights(f"{OUT}/tiny_vgg16_keras3.weights.h5")
    keras_h5_legacy(keras_model(TINY, m, top=False), f"{OUT}/tiny_vgg16_keras_notop_legacy.h5")
    xs, out = [], {}
    for j, picture in enumerate(pictures):
        _, x = torchvision_input(picture)
        f, fc2, logits = run(m, x)
        out[f"{j}.input"], out[f"{j}.features"], out[f"{j}.fc2"], out[f"{j}.logits"] = x.numpy()[0], f[0], fc2[0], logits[0]
        out[f"{j}.keras_probabilities"] = top.predict(x.numpy().transpose(0, 2, 3, 1), verbose=0)[0]
    save_file({n: np.ascontiguousarray(v) for n, v in out.items()}, f"{OUT}/tiny_vgg16_expected.safetensors")


def resize(pictures):
    """Pillow's antialiased bilinear resize of raw pixels: input, size, output."""
    rng, out = np.random.default_rng(SEED), {}
    cases = [(1, 1, 7, 5), (3, 5, 64, 224), (155, 156, 64, 96), (1, 1000, 24, 224), (133, 100, 128, 96), (37, 641, 11, 300), (224, 100, 224, 50),
             (100, 60, 33, 60), (90, 90, 91, 89)]
    for n, (w, h, ow, oh) in enumerate(cases):
        a = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
        out[f"random{n}.in"], out[f"random{n}.out"] = a, np.asarray(Image.fromarray(a).resize((ow, oh), Image.BILINEAR))
    for j, img in enumerate(pictures):
        a = np.asarray(img.resize((160, 120), Image.BILINEAR))
        out[f"photo{j}.in"], out[f"photo{j}.out"] = a, np.asarray(Image.fromarray(a).resize((64, 91), Image.BILINEAR))
    save_file({n: np.ascontiguousarray(v) for n, v in out.items()}, f"{OUT}/pillow_bilinear.safetensors", metadata={"pillow": Image.__version__})


def input_spec():
    """torchvision's and Keras's whole preprocessing on small images of unusual shapes: resize, crop, normalise."""
    import keras
    from torchvision.transforms import v2 as T
    pipeline = T.Compose([T.Resize(32, antialias=True), T.CenterCrop(28)])
    published = torchvision.models.VGG16_Weights.IMAGENET1K_V1.transforms(crop_size=28, resize_size=32)
    out = {}
    for n, (w, h) in enumerate([(50, 37), (37, 50), (32, 32), (32, 45), (61, 32), (20, 31), (3, 90), (47, 46)]):
        img = picture(100 + n, w, h)
        cropped = pipeline(img)
        squashed = img.resize((28, 28), Image.BILINEAR)
        out[f"{n}.in"] = np.asarray(img)
        out[f"{n}.torchvision.pixels"] = np.asarray(cropped)
        out[f"{n}.torchvision.input"] = published(img).numpy()
        out[f"{n}.keras.pixels"] = np.asarray(squashed)
        out[f"{n}.keras.input"] = keras.applications.vgg16.preprocess_input(np.asarray(squashed)[None].astype(np.float32))[0].transpose(2, 0, 1)
    save_file({n: np.ascontiguousarray(v) for n, v in out.items()}, f"{OUT}/input_spec.safetensors")


def ycck(img, path):
    """A YCCK JPEG, as Photoshop writes it. Pillow cannot write YCCK, so this stores the planes as CMYK and then changes the Adobe marker."""
    cmyk = np.asarray(img.convert("CMYK"))
    k = (cmyk[..., 3].astype(int) + 40).clip(0, 255).astype(np.uint8)
    ycc = np.asarray(Image.fromarray(cmyk[..., :3], "RGB").point(lambda v: 255 - v).convert("YCbCr"))
    stored = np.dstack([ycc, 255 - k])
    b = io.BytesIO()
    Image.fromarray(255 - stored, "CMYK").save(b, "JPEG", quality=95)
    data = bytearray(b.getvalue())
    at = data.index(b"Adobe")
    assert data[at + 11] == 0
    data[at + 11] = 2
    with open(path, "wb") as f:
        f.write(data)


def more_formats(img, d):
    grey, alpha = img.convert("L"), Image.linear_gradient("L").resize(img.size)
    ycck(img, f"{d}/ycck.jpg")
    img.save(f"{d}/rgb_422.jpg", quality=90, subsampling=1)
    img.resize((33, 47)).save(f"{d}/odd_size_420.jpg", quality=90)
    Image.merge("LA", (grey, alpha)).save(f"{d}/grey_alpha.png")
    small = img.quantize(16)
    small.save(f"{d}/palette_4_bit_transparent.png", bits=4, transparency=3)
    small.save(f"{d}/transparent.gif", transparency=3)
    grey.save(f"{d}/grey.gif")
    partial_gif(img, f"{d}/partial_frame.gif")
    img.save(f"{d}/animated.gif", save_all=True, append_images=[ImageOps.mirror(img)])
    grey.save(f"{d}/grey.bmp")
    img.quantize(256).save(f"{d}/palette.bmp")
    img.convert("1").save(f"{d}/bilevel.bmp")
    rgba = img.copy()
    rgba.putalpha(alpha)
    rgba.save(f"{d}/rgba.bmp")
    rgba.save(f"{d}/rgba_lossless.webp", lossless=True, exact=True)
    rgba.save(f"{d}/rgba_lzw.tif", compression="tiff_lzw")
    img.save(f"{d}/rgb_deflate.tif", compression="tiff_adobe_deflate")
    img.save(f"{d}/rgb_packbits.tif", compression="packbits")
    grey.save(f"{d}/grey.tif")
    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(f"{d}/grey16.tif")
    grey.save(f"{d}/grey_white_is_zero.tif", tiffinfo={262: 0})
    img.convert("1").save(f"{d}/bilevel.tif")
    img.convert("1").save(f"{d}/bilevel_group4.tif", compression="group4")
    img.quantize(64).save(f"{d}/palette.tif")
    img.convert("CMYK").save(f"{d}/cmyk.tif")
    img.save(f"{d}/lossy.webp", quality=90)
    e = Image.Exif()
    e[0x0112] = 6
    img.save(f"{d}/orientation_6.png", exif=e)
    img.save(f"{d}/orientation_6.webp", exif=e, lossless=True)
    img.save(f"{d}/orientation_6.tif", tiffinfo={0x0112: 6})


def partial_gif(img, path):
    """A GIF whose only frame covers a part of the logical screen."""
    b = io.BytesIO()
    img.resize((40, 30)).quantize(32).save(b, "GIF")
    data = bytearray(b.getvalue())
    data[6:10] = bytes([64, 0, 50, 0])
    at = data.index(b"\x2c\x00\x00\x00\x00\x28\x00\x1e\x00")
    data[at + 1:at + 5] = bytes([13, 0, 9, 0])
    with open(path, "wb") as f:
        f.write(data)


def formats(picture):
    """One image in common formats and modes; expected = Pillow's exif_transpose + convert('RGB')."""
    d, out = f"{OUT}/formats", {}
    os.makedirs(d, exist_ok=True)
    img = picture.resize((72, 48), Image.BICUBIC)
    img.save(f"{d}/rgb_444.jpg", quality=95, subsampling=0)
    img.save(f"{d}/rgb_420_progressive.jpg", quality=85, progressive=True)
    img.convert("L").save(f"{d}/grey.jpg")
    img.convert("CMYK").save(f"{d}/cmyk.jpg", quality=95)
    for o in range(1, 9):
        e = Image.Exif()
        e[0x0112] = o
        img.save(f"{d}/orientation_{o}.jpg", exif=e, quality=95, subsampling=0)
    img.save(f"{d}/rgb.png")
    img.convert("L").save(f"{d}/grey.png")
    img.convert("1").save(f"{d}/bilevel.png")
    img.quantize(32).save(f"{d}/palette.png")
    rgba = img.copy()
    rgba.putalpha(Image.linear_gradient("L").resize(img.size))
    rgba.save(f"{d}/rgba.png")
    Image.fromarray((np.asarray(img.convert("L")).astype(np.uint16) * 257)).save(f"{d}/grey16.png")
    img.quantize(64).save(f"{d}/palette.gif")
    img.save(f"{d}/rgb.bmp")
    img.save(f"{d}/rgb.tif")
    img.save(f"{d}/lossless.webp", lossless=True)
    os.replace(f"{d}/rgb.png", f"{d}/png_named.jpg")
    img.save(f"{d}/rgb.png")
    more_formats(picture.resize((48, 32), Image.BICUBIC), d)
    for f in sorted(os.listdir(d)):
        i = ImageOps.exif_transpose(Image.open(f"{d}/{f}"))
        if i.mode.startswith("I;16") or i.mode == "I":
            i = Image.fromarray((np.asarray(i) / 257).round().astype(np.uint8))
        out[f] = np.asarray(i.convert("RGB"))
    save_file(out, f"{OUT}/formats_expected.safetensors", metadata={"pillow": Image.__version__})


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    pictures = [picture(0, 500, 375), picture(1, 375, 500)]
    resize(pictures)
    input_spec()
    formats(pictures[0])
    tiny(pictures)
    full_size(pictures[:1])

"""The steps of benchmarks/gpu, in the order of what matters. Each returns the lines of its section of the page."""

import json
import re
import signal
import subprocess
import sys
import time

from __main__ import HERE, MAIN, Stop, copies, enlarge, epochs, objects, passed, sha256


class Data:
    """The images and folders that steps share, made when first asked for."""

    def __init__(self, machine):
        self.machine = machine
        self.small = machine.options.small
        self.photographs = machine.options.photographs.resolve()
        self.device = "cpu" if machine.options.cpu else "cuda"
        self.of_size = ["--image-size", machine.options.size, "--device", self.device]
        self.made = {}

    def folder(self, name, make):
        if name not in self.made:
            path = self.machine.work / name
            start = time.monotonic()
            count = make(path)
            self.machine.say(f"{name}: made in {time.monotonic() - start:.1f} s")
            self.made[name] = (path, count)
        return self.made[name]

    def many(self):
        """Returns the folder of many photographs, and how many there are."""
        return self.folder("many", lambda path: copies(self.photographs, path, 2 if self.small else 100))

    def large(self):
        """Returns the folder of photographs of 12 megapixels, and how many there are."""

        def make(path):
            enlarge(self.photographs, self.machine.work / "few-large", 1000 if self.small else 4000, 4)
            return copies(self.machine.work / "few-large", path, 1 if self.small else 60)

        return self.folder("large", make)


def attempt(lines, work):
    """Adds the rows of a table that a function returns, or one that says why there are none."""
    try:
        lines += work()
    except Stop as e:
        lines.append(f"| not measured: {e} |")


def doctor(machine, data):
    output, _ = machine.graft("doctor", limit=40)
    return ["```text", *output.strip().splitlines(), "```"]


def kernels(machine, data):
    lines = ["```text"]
    # The third run is VGG16 with cuDNN alone.
    for precision, variables in (("fp16", {}), ("bf16", {}), ("fp16", {"GRAFT_CUDA_KERNELS": "off"})):
        output, _ = machine.run(machine.program("io.graft.benchmarks.GraftKernels", precision, 128), 45, variables)
        lines += output.strip().splitlines()
    return [*lines, "```"]


def features(machine, data):
    folder = machine.work / "parity"
    machine.peer("make", folder, data.photographs, limit=40)
    runs = [("fp32", "fp32", {}), ("fp16", "fp16", {}), ("bf16", "bf16", {}), ("fp16-without-kernels", "fp16", {"GRAFT_CUDA_KERNELS": "off"})]
    if machine.options.cpu:
        runs = runs[:1]
    files = []
    for name, precision, variables in runs:
        files.append(folder / f"{name}.safetensors")
        words = ["--weights", folder / "weights.pth", "--cache", "off", "--precision", precision, "--dtype", "float32"]
        machine.graft("extract", "--data", folder / "png", "--out", files[-1], *words, *data.of_size, limit=40, variables=variables)
    output, _ = machine.peer("check", folder, *files, limit=60)
    lines = ["| precision | images | largest difference over the largest value | cosine, mean | cosine, least |", "| --- | --- | --- | --- | --- |"]
    for answer in objects(output):
        lines.append(f"| {answer['file']} | {answer['rows']} | {answer['worst']:.2e} | {answer['cosine']:.7f} | {answer['least']:.7f} |")
    return ["Against PyTorch in float64 on the same weights and PNG files.", "", *lines]


def equal_runs(machine, data):
    """Two trainings that compute the rows, and one that finds them."""
    lines = ["| training | SHA-256 of the head | validation losses |", "| --- | --- | --- |"]
    heads = []
    for name, cache in (("computes the rows", "one"), ("computes the rows again", "two"), ("finds the rows of the first", "one")):
        out = machine.work / "equal"
        words = ["--cache", machine.work / f"cache-{cache}", "--weights", "random", "--precision", "fp32" if machine.options.cpu else "fp16"]
        words += ["--epochs", 3, "--seed", 1, "--json"]
        output, _ = machine.graft("train", "--data", data.photographs, "--out", out, *words, *data.of_size, limit=45)
        losses = [f"{epoch['validation_loss']:.5f}" for epoch in objects(output)[-1]["history"]]
        heads.append(sha256(out / "head.safetensors"))
        lines.append(f"| {name} | {heads[-1]} | {', '.join(losses)} |")
    verdict = "All three are equal to the byte." if len(set(heads)) == 1 else "**They are not all equal.**"
    return [verdict, "", *lines]


def backbone(machine, data):
    lines = ["| program | precision | batch | images/s, features on the GPU | float16 rows in host memory |", "| --- | --- | --- | --- | --- |"]
    name = f"vgg16.s{machine.options.size}"
    many = 8 if machine.options.cpu else 12_000
    runs = [("Graft", "fp16", {}), ("Graft", "bf16", {}), ("Graft without its kernels", "fp16", {"GRAFT_CUDA_KERNELS": "off"})]
    runs += [("Graft without its kernels", "bf16", {"GRAFT_CUDA_KERNELS": "off"}), ("Graft", "fp32", {})]
    if machine.options.cpu:
        runs = runs[-1:]

    def graft(program, precision, variables):
        batches = [4, 8] if machine.options.cpu else [64] if precision == "fp32" else [128, 256, 512]
        images = many // 6 if precision == "fp32" and not machine.options.cpu else many
        words = ["cpu" if machine.options.cpu else "cuda", name, precision, images, *batches]
        output, _ = machine.run(machine.program("io.graft.benchmarks.GraftGpu", *words), 45, variables)
        return [f"| {program} | {precision} | {a['batch']} | {a['on_device']:,.0f} | {a['rows']:,.0f} |" for a in objects(output)]

    def eager():
        output, _ = machine.peer("eager", *([4] if machine.options.cpu else [128, 256]), limit=60)
        program = "torchvision eager, channels-last"
        return [f"| {program} | {a['precision']} | {a['batch']} | {a['images_per_second']:,.0f} | |" for a in objects(output)]

    for run in runs:
        attempt(lines, lambda: graft(*run))
    attempt(lines, eager)
    return ["Graft's pixels begin in host memory, torchvision's on the GPU.", "", *lines]


def plan_choice(machine, data):
    home = {"GRAFT_HOME": str(machine.work / "home-without-plans")}
    words = ["--weights", "random", "--cache", "off", "--verbose", "--json"]
    start = time.monotonic()
    output, lines = machine.graft(
        "extract", "--data", data.photographs, "--out", machine.work / "plan.safetensors", *words, *data.of_size, limit=60, variables=home
    )
    took = time.monotonic() - start
    said = [f"+{at:.2f} s  {line}" for at, line in lines if re.search(r"easured|agree|plan|not used", line)]
    answer = objects(output)[-1]
    return [f"An extraction of the photographs with an empty cache took {took:.1f} s and chose {answer['precision']}:", "", "```text", *said, "```"]


def files(machine, data):
    folder, count = data.many()
    threads = 2 if data.small else 16
    lines = ["| program | images | images/s |", "| --- | --- | --- |"]

    def loader(number):
        output, _ = machine.run(machine.program("io.graft.benchmarks.GraftLoader", folder, number, 1, "exact", "native"), 60, given="\n")
        return [f"| Graft's loader alone, {number} threads | {count} | {objects(output)[-1]['images_per_second']:,.0f} |"]

    def graft(decode, size, source, images):
        words = ["--weights", "random", "--cache", "off", "--decode", decode, "--precision", "fp32" if machine.options.cpu else "fp16", "--json"]
        output, said = machine.graft("extract", "--data", source, "--out", machine.work / "f.safetensors", *words, *data.of_size, limit=60)
        answer = objects(output)[-1]
        rate = passed(said)
        reported = f"{rate:,.0f}" if rate else "unknown"
        with_loading = f"{answer['extract_images_per_second']:,.0f}"
        return [f"| Graft, {size}, {decode}; with loading the model {with_loading} | {images} | {reported} |"]

    def peer():
        output, _ = machine.peer("loader", folder, threads, 128, limit=60)
        answer = objects(output)[-1]
        return [f"| torchvision, DataLoader with {threads} workers, eager fp16 | {answer['images']} | {answer['images_per_second']:,.0f} |"]

    attempt(lines, lambda: graft("exact", "about 500 x 375", folder, count))
    attempt(lines, peer)
    for number in (threads // 2, threads):
        attempt(lines, lambda: loader(number))
    for decode in ("exact", "fast"):
        attempt(lines, lambda: graft(decode, "12 megapixels", *data.large()))
    return lines


def compared(machine, peer, precisions, graft):
    """Returns a table of Graft's and PyTorch's images/s in the precisions that both have."""
    lines = ["| precision | Graft, images/s | PyTorch eager, images/s | Graft over PyTorch |", "| --- | --- | --- | --- |"]
    try:
        output, _ = machine.peer("train", *peer, limit=60)
    except Stop as e:
        output = ""
        machine.say(f"PyTorch: {e}")
    theirs = {answer["precision"]: answer["images_per_second"] for answer in objects(output)}
    for precision in precisions:
        known = f"{theirs[precision]:,.0f}" if precision in theirs else "not measured"
        try:
            ours = graft(precision)
        except Stop as e:
            lines.append(f"| {precision} | {e} | {known} | |")
            continue
        ratio = f"{ours / theirs[precision]:.2f}" if precision in theirs else ""
        lines.append(f"| {precision} | {ours:,.0f} | {known} | {ratio} |")
    return lines


def block5(machine, data):
    folder, count = data.many()
    cache = machine.work / "cache-block5"

    def graft(precision):
        words = ["--unfreeze", "block5", "--weights", "random", "--precision", "fp32" if machine.options.cpu else "fp16", "--cache", cache]
        words += ["--validation-split", 0, "--epochs", 2 if data.small else 4, "--learning-rate", 0.0001, "--train-precision", precision, "--no-digests"]
        _, lines = machine.graft("train", "--data", folder, "--out", machine.work / "block5", *words, *data.of_size, limit=60)
        return count / epochs(lines)

    precisions = ["bf16", "fp32"] if machine.options.cpu else ["bf16", "tf32", "fp32"]
    return [
        f"{count} stored rows, batch 32; PyTorch's rows are in the GPU's memory, gathered in a random order.",
        "",
        *compared(machine, ["block5", 32], precisions, graft),
    ]


def pretrain(machine, data):
    folder, count = data.many()

    def graft(precision):
        words = ["--backbone", "vgg16_bn", "--validation-split", 0, "--epochs", 2, "--train-precision", precision]
        words += ["--width", 0.125] if data.small else []
        _, lines = machine.graft("pretrain", "--data", folder, "--out", machine.work / "own.safetensors", *words, *data.of_size, limit=60)
        return count / epochs(lines)

    return [
        f"VGG16-BN, batch 32, {count} JPEG files decoded in each epoch; PyTorch's pixels are in the GPU's memory.",
        "",
        *compared(machine, ["whole", 32], ["bf16"] if machine.options.cpu else ["bf16", "tf32"], graft),
    ]


def head(machine, data):
    folder, count = data.many()

    def graft(precision):
        words = ["--weights", "random", "--precision", "fp32" if machine.options.cpu else "fp16", "--cache", machine.work / "cache-head"]
        words += ["--validation-split", 0, "--epochs", 2 if data.small else 6, "--train-precision", precision, "--no-digests"]
        _, lines = machine.graft("train", "--data", folder, "--out", machine.work / "head", *words, *data.of_size, limit=60)
        return count / epochs(lines)

    return [f"A linear head on {count} stored rows, batch 32.", "", *compared(machine, ["head", 32], ["fp32"], graft)]


def short_memory(machine, data):
    command = [str(word) for word in [sys.executable, HERE / "peer.py", "memory", 2000]]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        other.stdout.readline()
        words = ["--weights", "random", "--cache", "off", "--precision", "fp16", "--json"]
        output, lines = machine.graft(
            "extract", "--data", data.photographs, "--out", machine.work / "m.safetensors", *words, *data.of_size, limit=45
        )
    finally:
        other.kill()
    said = [line for _, line in lines if "memory" in line]
    return [f"With 2,000 MiB of free memory, {objects(output)[-1]['images']} images were computed.", "", "```text", *said, "```"]


def stopped(machine, data):
    folder, _ = data.many()
    words = ["pretrain", "--data", folder, "--out", machine.work / "stopped.safetensors", "--backbone", "vgg16_bn", "--epochs", 50, *data.of_size]
    words += ["--width", 0.125] if data.small else []
    command = machine.program(MAIN, *words)
    machine.say("$ pretrain, and SIGTERM after its first epoch begins")
    process = subprocess.Popen(command, env=machine.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(min(15, max(5, machine.left() - 20)))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    last = re.split(r"[\r\n]+", errors.decode(errors="replace").strip())[-1]
    return [f"Exit code {process.returncode}. {last[:300].replace(str(machine.work), 'WORK')}"]


# The name of each step, its title on the page, and how many seconds must be left to begin it.
STEPS = [
    (doctor, "Found", 20),
    (kernels, "Graft's CUDA kernels beside libtorch's operators", 20),
    (features, "Features are right", 40),
    (equal_runs, "Equal trainings give equal bytes", 30),
    (backbone, "Frozen VGG16 from pixels in memory", 40),
    (plan_choice, "The choice of a plan", 15),
    (files, "From JPEG files", 50),
    (block5, "Block 5 on stored rows", 45),
    (pretrain, "Training all layers", 45),
    (head, "A head on stored rows", 30),
    (short_memory, "Little memory", 20),
    (stopped, "SIGTERM", 40),
]

GPU_ONLY = {kernels, short_memory}


def run_all(machine, described):
    options = machine.options
    data = Data(machine)
    only = {name for name in options.only.split(",") if name}
    sections, results, missing = [], {}, []
    device = "cpu" if options.cpu else re.sub(r"[^a-z0-9]+", "-", described[0].split(":", 1)[1].split(",")[0].lower()).strip("-")
    page = options.out / f"gpu-{device}.md"
    for step, title, needed in STEPS:
        name = step.__name__
        if (only and name not in only) or (options.cpu and step in GPU_ONLY):
            continue
        if machine.left() < needed:
            missing.append(f"{title}: no time was left")
            continue
        machine.say(f"== {name}")
        try:
            results[name] = step(machine, data)
            sections += ["", f"## {title}", "", *results[name]]
        except Stop as e:
            missing.append(f"{title}: {e}")
        except Exception as e:  # A defect of one step must not cost the others.
            missing.append(f"{title}: {type(e).__name__}: {e}")
        for line in results.get(name, missing[-1:]):
            machine.say(line)
        # After each step, so that nothing is lost if the machine is taken away.
        ends = ["", "## Not done", "", *(f"- {line}" for line in missing)] if missing else []
        text = "\n".join(["# On a GPU" if not options.cpu else "# On the CPU, to try the program", "", *described, *sections, *ends]) + "\n"
        page.write_text(text.replace(str(machine.work), "WORK"))
        (options.out / "gpu.json").write_text(json.dumps(results, indent=1))
    machine.say(f"written to {page}; the log is {options.out / 'gpu.log'}")

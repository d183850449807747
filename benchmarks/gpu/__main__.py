"""Runs everything that needs a GPU, what matters most first, and writes a page of results and a log.

On a machine with Python's torch and no Java: make a folder with benchmarks/gpu/pack.sh, copy it there, and run: python3 FOLDER/gpu
With --cpu --small it runs on the CPU of a machine with Java, from target/, to try the program itself.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
MAIN = "io.graft.cli.Main"


class Stop(Exception):
    """A step that cannot go on, or has no time."""


class Machine:
    """Runs Java and Python programs, each with a limit of time, and keeps a log."""

    def __init__(self, options):
        self.options = options
        self.start = time.monotonic()
        self.work = options.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.log = (options.out / "gpu.log").open("w")
        self.environment = dict(os.environ, OPT_OUT_TRACKING="true", GRAFT_OFFLINE="1", GRAFT_HOME=str(self.work / "home"))
        if options.cpu:
            root = HERE.parent.parent
            self.java = "java"
            self.libraries = options.classpath or f"{root}/target/test-classes:{root}/target/graft.jar:{root}/target/lib/*"
        else:
            self.unpack(HERE.parent)

    def unpack(self, pack):
        """Unpacks Java, and puts DJL's JNI library beside torch's libraries, as DJL loads all of one folder."""
        if not (self.work / "jre" / "bin" / "java").exists():
            subprocess.run(["tar", "-xJf", pack / "jre.tar.xz", "-C", self.work], check=True)
        import torch

        package = pathlib.Path(torch.__file__).parent
        libraries = self.work / "torch"
        shutil.rmtree(libraries, ignore_errors=True)
        libraries.mkdir()
        for file in (package / "lib").iterdir():
            (libraries / file.name).symlink_to(file)
        shutil.copy(pack / "native" / "libdjl_torch.so", libraries)
        site = package.parent
        folders = [str(folder) for folder in sorted(site.glob("nvidia/*/lib"))]
        # DJL counts GPUs by a library whose name Python's packages give a number.
        named = self.work / "cuda"
        named.mkdir(exist_ok=True)
        found = [*site.glob("nvidia/*/lib/libcudart.so*"), *pathlib.Path("/usr/local/cuda/lib64").glob("libcudart.so*")]
        if found and not (named / "libcudart.so").exists():
            (named / "libcudart.so").symlink_to(found[0])
        self.java = str(self.work / "jre" / "bin" / "java")
        self.libraries = f"{pack}/classes:{pack}/lib/*"
        path = [str(libraries), str(named), *folders, "/usr/local/nvidia/lib64", "/usr/local/cuda/lib64", os.environ.get("LD_LIBRARY_PATH", "")]
        # The version only keeps DJL from looking for another libtorch; the JNI library decides.
        self.environment |= {
            "PYTORCH_LIBRARY_PATH": str(libraries),
            "PYTORCH_VERSION": "2.7.1",
            "PYTORCH_FLAVOR": "cu128",
            "LD_LIBRARY_PATH": ":".join(path),
            "GRAFT_JNA_PATH": str(named),
        }

    def seconds(self):
        return time.monotonic() - self.start

    def left(self):
        return self.options.seconds - self.seconds()

    def say(self, line):
        stamped = f"[{self.seconds():6.1f} s] {line}"
        print(stamped, file=self.log, flush=True)
        print(stamped, file=sys.stderr, flush=True)

    def program(self, main, *arguments):
        jna = self.environment.get("GRAFT_JNA_PATH")
        options = [f"-Djna.library.path={jna}"] if jna else []
        options += ["-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        return [self.java, *options, "-cp", self.libraries, main, *map(str, arguments)]

    def graft(self, *arguments, limit, **more):
        return self.run(self.program(MAIN, *arguments), limit, **more)

    def peer(self, *arguments, limit, **more):
        small = ["--cpu"] if self.options.cpu else []
        command = [sys.executable, HERE / "peer.py", *small, "--size", self.options.size, *arguments]
        return self.run(list(map(str, command)), limit, **more)

    def run(self, command, limit, variables=None, given=None, code=0):
        """Runs a program. Returns its output and [(seconds, line)] of standard error."""
        limit = min(limit, self.left())
        if limit < 5:
            raise Stop("no time was left")
        shown = " ".join(command[command.index("-cp") + 2 :] if "-cp" in command else command[1:])
        self.say(f"$ {' '.join(f'{name}={value}' for name, value in (variables or {}).items())} {shown}")
        environment = self.environment | (variables or {})
        start = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        lines, output = [], []

        def read_errors():
            pending = b""
            # Progress ends in a carriage return.
            while chunk := process.stderr.read1(65536):
                *whole, pending = re.split(rb"[\r\n]+", pending + chunk)
                lines.extend((time.monotonic() - start, line.decode(errors="replace")) for line in whole if line.strip())
            if pending.strip():
                lines.append((time.monotonic() - start, pending.decode(errors="replace")))

        readers = [threading.Thread(target=read_errors), threading.Thread(target=lambda: output.append(process.stdout.read().decode()))]
        for reader in readers:
            reader.start()
        try:
            process.stdin.write((given or "").encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for reader in readers:
            reader.join()
        for at, line in lines[-60:]:
            print(f"    +{at:.2f} {line[:300]}", file=self.log)
        print("\n".join("    " + line[:600] for line in output[0].splitlines()[-40:]), file=self.log, flush=True)
        if process.returncode != code:
            reason = f"it took more than {limit:.0f} s" if process.returncode < 0 else f"exit code {process.returncode}"
            # A stack trace ends in indented lines.
            last = next((line[:200] for _, line in reversed(lines) if not line[0].isspace()), "")
            raise Stop(f"`{shown[:100]}`: {reason}. {last}")
        return output[0], lines


def objects(text):
    """Returns the JSON objects of a text, one a line."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def epochs(lines):
    """Returns the seconds of an epoch after the first, from the times at which epochs were reported."""
    times = [at for at, line in lines if re.match(r"epoch \d+/\d+  loss ", line)]
    if len(times) < 2:
        raise Stop("fewer than two epochs were reported")
    return (times[-1] - times[0]) / (len(times) - 1)


def passed(lines):
    """Returns the images/s that the frozen layers reported last."""
    rates = [re.search(r"frozen layers .* ([\d.]+) images/s", line) for _, line in lines]
    return next((float(match.group(1)) for match in reversed(rates) if match), None)


def copies(source, target, times):
    """Copies JPEG files, each several times with another comment, so that no two have the same digest. Returns how many there are."""
    written = 0
    for path in sorted(source.glob("*/*.jpg")):
        content = path.read_bytes()
        folder = target / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(times):
            comment = b"\xff\xfe\x00\x06" + struct.pack(">I", number)
            (folder / f"{path.stem}-{number}.jpg").write_bytes(content[:2] + comment + content[2:])
            written += 1
    return written


def enlarge(source, target, width, files):
    """Writes photographs of 12 megapixels: enlarged, with noise."""
    import numpy
    from PIL import Image

    for number, path in enumerate(sorted(source.glob("*/*.jpg"))[:: max(1, len(list(source.glob("*/*.jpg"))) // files)][:files]):
        image = numpy.asarray(Image.open(path).convert("RGB").resize((width, width * 3 // 4), Image.Resampling.BICUBIC), numpy.float32)
        noise = numpy.random.default_rng(number).normal(0, 6, image.shape[:2])[..., None].astype(numpy.float32)
        folder = target / str(number % 2)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image + noise).clip(0, 255).astype(numpy.uint8)).save(folder / f"{number}.jpg", quality=91, subsampling="4:2:0")


def describe(machine):
    """Returns the lines about the hardware and the versions."""
    import torch

    model = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    gpu = "none"
    if not machine.options.cpu:
        query = "name,driver_version,memory.total,clocks.max.sm,power.limit"
        try:
            command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]
            gpu = subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()[0]
        except (OSError, IndexError):
            gpu = "unknown, as nvidia-smi does not answer"
    libtorch = "pytorch-native-cpu" if machine.options.cpu else f"of Python's torch {torch.__version__}, by a JNI library compiled for it"
    return [
        f"- GPU: {gpu}",
        f"- Processor: {model.group(1) if model else 'unknown'}, {os.cpu_count()} processors; Linux {os.uname().release}",
        f"- Graft on libtorch {libtorch}; PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}",
        f"- Random weights; {machine.options.size} x {machine.options.size} pixels",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(os.environ.get("OUT", "gpu-results")), help="the folder for page and log ($OUT)")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/graft-gpu"), help="a folder for 4 GB of files (/tmp/graft-gpu)")
    parser.add_argument("--seconds", type=float, default=460, help="when to stop (460)")
    parser.add_argument("--photographs", type=pathlib.Path, default=HERE.parent / "photographs", help="two or more folders of JPEG files")
    parser.add_argument("--only", default="", help="names of steps, with commas between them")
    parser.add_argument("--cpu", action="store_true", help="use the CPU")
    parser.add_argument("--small", action="store_true", help="less of everything, to try the program")
    parser.add_argument("--classpath", help="with --cpu: the class path of Graft and the benchmarks")
    options = parser.parse_args()
    options.size = 64 if options.small else 224
    options.out.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(HERE))
    import steps

    machine = Machine(options)
    steps.run_all(machine, describe(machine))


if __name__ == "__main__":
    main()

"""What the benchmarks share: running a peer, describing the machine, writing a page of results."""

import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
JAR = ROOT / "target" / "graft.jar"


def require_build():
    if not JAR.exists():
        sys.exit(f"{JAR} is not there. Build it with: ./graft --version")


def java():
    home = os.environ.get("JAVA_HOME")
    return str(pathlib.Path(home, "bin", "java")) if home else "java"


def java_peer(name, *arguments):
    """The command that runs a single-file Java program on Graft's class path."""
    options = ["-DOPT_OUT_TRACKING=true", "-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [java(), *options, "-cp", str(JAR), str(PEERS / name), *map(str, arguments)]


def python_peer(name, *arguments):
    return [sys.executable, str(PEERS / name), *map(str, arguments)]


def run(command, environment=None):
    """Runs a program that prints one JSON object; adds its wall time and its largest memory."""
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    output, errors = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with exit code {process.returncode}:\n{errors}")
    answer = json.loads(output.strip().splitlines()[-1])
    answer["process_seconds"] = time.monotonic() - start
    return answer


def interleave(commands, rounds):
    """Runs every command once per round; returns {name: [answer per round]} and the load averages."""
    answers = {name: [] for name in commands}
    loads = []
    for number in range(1, rounds + 1):
        for name, command in commands.items():
            loads.append(os.getloadavg()[0])
            answer = run(command)
            answers[name].append(answer)
            print(f"round {number}: {name}: {answer}", file=sys.stderr, flush=True)
    return answers, loads


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    name = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    family = re.search(r"^cpu family\s*:\s*(.+)$", text, re.M)
    model = re.search(r"^model\s*:\s*(.+)$", text, re.M)
    flags = re.search(r"^flags\s*:\s*(.+)$", text, re.M)
    known = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"]
    present = [flag for flag in known if flags and flag in flags.group(1).split()]
    detail = f"family {family.group(1)}, model {model.group(1)}" if family and model else ""
    return f"{name.group(1) if name else platform.machine()} ({detail}; {' '.join(present)})"


def hardware(loads):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    import torch
    import torchvision

    version = subprocess.run([java(), "-version"], capture_output=True, text=True).stderr.splitlines()[1]
    return [
        f"- Processor: {processor()}, {os.cpu_count()} cores; {memory:.0f} GiB of memory; {platform.system()} {platform.release()}",
        f"- Load average (one minute) before each run: {min(loads):.1f} to {max(loads):.1f}, median {statistics.median(loads):.1f}",
        f"- Java: {version}",
        f"- Graft and DJL on libtorch {graft_libtorch()}; Python {platform.python_version()}, torch {torch.__version__},"
        f" torchvision {torchvision.__version__}; {torch.get_num_threads()} threads",
    ]


def graft_libtorch():
    jars = sorted((ROOT / "target" / "lib").glob("pytorch-native-*.jar")) + sorted(
        (ROOT / "target" / "lib").glob("api-*.jar")
    )
    return ", ".join(jar.stem for jar in jars)


def median(values):
    return statistics.median(values)


def spread(values, digits=2):
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def ratios(first, second):
    """The quotient of each round, first over second."""
    return [a / b for a, b in zip(first, second)]


def write(name, lines):
    cpu = re.sub(r"[^a-z0-9]+", "-", processor().split(" (")[0].lower()).strip("-")
    family = re.search(r"family (\d+), model (\d+)", processor())
    suffix = f"-{family.group(1)}-{family.group(2)}" if family else ""
    path = ROOT / "benchmarks" / "results" / f"{name}-{cpu}{suffix}-{os.cpu_count()}-cores.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    print(f"\nwritten to {path}", file=sys.stderr)

"""Shared by the benchmarks: runs peers, describes the machine, and writes the page of results."""

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

MOST_BY_OTHERS = 0.05
ATTEMPTS = 4


def require_build():
    if not JAR.exists():
        sys.exit(f"{JAR} does not exist. Build it with: ./graft --version")


def java():
    home = os.environ.get("JAVA_HOME")
    return str(pathlib.Path(home, "bin", "java")) if home else "java"


def java_peer(name, *arguments):
    """Returns the command that runs a single-file Java program on Graft's class path."""
    options = ["-DOPT_OUT_TRACKING=true", "-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [java(), *options, "-cp", str(JAR), str(PEERS / name), *map(str, arguments)]


def python_peer(name, *arguments):
    return [sys.executable, str(PEERS / name), *map(str, arguments)]


def busy_seconds():
    """Returns the processor time that all programs have used; None if it is unknown."""
    try:
        fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    except OSError:
        return None
    user, nice, system, _, _, interrupt, soft_interrupt, steal = map(int, fields[:8])
    return (user + nice + system + interrupt + soft_interrupt + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    times = os.times()
    return times.children_user + times.children_system


def wait_for_quiet():
    """Waits up to a minute for a second without load from other programs."""
    for _ in range(60):
        before = busy_seconds()
        time.sleep(1)
        if before is None or busy_seconds() - before < 0.1:
            return


def run(command):
    """Runs a program that prints one JSON object; adds its wall time and the processor share of other programs."""
    wait_for_quiet()
    busy, own = busy_seconds(), children_seconds()
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    output, errors = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with exit code {process.returncode}:\n{errors}")
    answer = json.loads(output.strip().splitlines()[-1])
    seconds = time.monotonic() - start
    answer["process_seconds"] = seconds
    used_by_others = 0 if busy is None else busy_seconds() - busy - (children_seconds() - own)
    answer["others_share"] = max(0.0, used_by_others / seconds / os.cpu_count())
    return answer


def interleave(commands, rounds):
    """Runs every command once per round; returns {name: [answer per round]}.

    Repeats a run during which other programs took more than MOST_BY_OTHERS of the processor, up to ATTEMPTS times, and
    returns the least disturbed one.
    """
    answers = {name: [] for name in commands}
    for number in range(1, rounds + 1):
        for name, command in commands.items():
            tried = []
            while len(tried) < ATTEMPTS and not (tried and tried[-1]["others_share"] <= MOST_BY_OTHERS):
                tried.append(run(command))
                print(f"round {number}: {name}: {tried[-1]}", file=sys.stderr, flush=True)
            answers[name].append(min(tried, key=lambda answer: answer["others_share"]))
    return answers


def take_turns(commands, rounds):
    """Starts every program once, and lets each measure once per round; returns {name: [answer per round]}.

    A program prints "ready", and then one JSON object for every line of input. It waits between measurements, so that loading
    and compiling, which take some peers a minute, happen once.
    """
    programs = {}
    answers = {name: [] for name in commands}
    try:
        for name, command in commands.items():
            programs[name] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            if programs[name].stdout.readline().strip() != "ready":
                sys.exit(f"{' '.join(command)} did not start; run it alone to see why")
            print(f"{name} is ready", file=sys.stderr, flush=True)
        for number in range(1, rounds + 1):
            for name, program in programs.items():
                tried = []
                while len(tried) < ATTEMPTS and not (tried and tried[-1]["others_share"] <= MOST_BY_OTHERS):
                    tried.append(measure(program))
                    print(f"round {number}: {name}: {tried[-1]}", file=sys.stderr, flush=True)
                answers[name].append(min(tried, key=lambda answer: answer["others_share"]))
    finally:
        for program in programs.values():
            program.kill()
    return answers


def measure(program):
    wait_for_quiet()
    busy, own, start = busy_seconds(), process_seconds(program.pid), time.monotonic()
    program.stdin.write("\n")
    program.stdin.flush()
    answer = json.loads(program.stdout.readline())
    seconds = time.monotonic() - start
    used_by_others = 0 if busy is None else busy_seconds() - busy - (process_seconds(program.pid) - own)
    answer["others_share"] = max(0.0, used_by_others / seconds / os.cpu_count())
    return answer


def process_seconds(pid):
    """Returns the processor time that a running program has used; 0 if it is unknown."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def hardware(answers):
    others = [answer["others_share"] for given in answers.values() for answer in given]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    import torch
    import torchvision

    version = subprocess.run([java(), "-version"], capture_output=True, text=True).stderr.splitlines()[1]
    return [
        f"- Processor: {processor()}, {os.cpu_count()} cores; {memory:.0f} GiB of memory; {platform.system()} {platform.release()}",
        f"- Share of the processor that other programs took during a run: median {median(others):.0%}, at most {max(others):.0%}",
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
    """Returns the quotient of each round, first over second."""
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

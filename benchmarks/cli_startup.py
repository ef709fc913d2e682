"""How long `edgeft --help` takes to answer, and that it imports nothing heavy.

    python benchmarks/cli_startup.py

Fresh processes take turns with a Python that does nothing, which is what nobody can be faster than.
Writes results/cli_startup.json.
"""

import argparse
import random
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from recording import record

from edgeft.benchmark.quantiles import median

HELP = [str(Path(sys.executable).with_name("edgeft")), "--help"]
COMMANDS = {"edgeft --help": HELP, "python -c pass": [sys.executable, "-c", "pass"]}
HEAVY = {
    "torch", "transformers", "datasets", "onnx", "onnxscript", "sklearn", "peft", "accelerate",
    "optimum", "matplotlib", "numpy", "onnxruntime", "tokenizers", "pyarrow", "huggingface_hub",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=30, help="processes a command")
    n = parser.parse_args().n
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    busy: dict[str, list[float]] = {name: [] for name in COMMANDS}
    order = random.Random(0)
    for name in [*COMMANDS, *(each for _ in range(n) for each in order.sample(list(COMMANDS), 2))]:
        used, started = cpu_seconds_of_children(), perf_counter()
        subprocess.run(COMMANDS[name], stdout=subprocess.DEVNULL, check=True)
        seconds[name].append(perf_counter() - started)
        busy[name].append(cpu_seconds_of_children() - used)
    found = {name: median(values[1:]) for name, values in seconds.items()}  # the first compiles
    imported = modules_of_help()
    heavy = sorted(imported & HEAVY)
    print({name: each.value for name, each in found.items()}, len(imported), heavy)
    record(
        "cli_startup",
        {
            "n": n,
            "median_seconds": {name: each.model_dump() for name, each in found.items()},
            "median_cpu_seconds": {
                name: median(values[1:]).model_dump() for name, values in busy.items()
            },
            "raw_seconds": {
                name: [round(value, 4) for value in values[1:]] for name, values in seconds.items()
            },
            "modules_imported": len(imported),
            "heavy_modules_imported": heavy,
        },
    )
    if heavy:
        sys.exit(f"edgeft --help imports {', '.join(heavy)}")


def cpu_seconds_of_children() -> float:
    """CPU time of all processes that were started and have ended: free of others' load."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def modules_of_help() -> set[str]:
    """The modules that `edgeft --help` imports, as Python itself lists them."""
    command = [sys.executable, "-X", "importtime", "-m", "edgeft", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


if __name__ == "__main__":
    main()

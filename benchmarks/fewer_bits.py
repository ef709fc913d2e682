"""What ever fewer bits for tables and weights cost and save, in bundles that runs have exported.

    python benchmarks/fewer_bits.py --run names=runs/entities/seed-1 --run intents=runs/banking77

Quantizes the exported bundle of each run anew, once in each way and all else alike, and compares
what each file says of the test texts with what the int8 one says, through the runtime. All files of
a run are timed text by text, one thread, taking turns, and so is opening them. Writes
results/fewer_bits.json, and leaves out the runs that stand there already by their names.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from recording import kept, record

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.data.rows import inputs_of, open_split, truth_of
from edgeft.evaluation import outputs_of
from edgeft.gates.accuracy import accuracy_gate
from edgeft.gates.speed import interleaved
from edgeft.intervals import interval
from edgeft.options import Gates
from edgeft.registry import Registry, load_plugins
from edgeft.runtime import load

NAME = "fewer_bits"
KINDS = {
    "int8": {"embeddings": "int8", "weights": "int8"},
    "int4": {"embeddings": "int4", "weights": "int8"},
    "int4-w4": {"embeddings": "int4", "weights": "int4"},
    "pq": {"embeddings": "pq", "weights": "int8"},
    "pq-w4": {"embeddings": "pq", "weights": "int4"},
}
"""what a file keeps, by the end of its variant's name"""
OPENINGS = 15
OPEN = """
import sys, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
with open("/proc/self/status") as file:
    print(next(line.split()[1] for line in file if line.startswith("VmHWM")))
"""
"""prints the kilobytes that a process held at most"""


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    students = kept(NAME).get("students", {})
    for named in asked.run:
        name, _, folder = named.partition("=")
        if name in students:
            continue
        students[name] = measured(Path(folder), asked.out / name, registry, asked.rounds)
        record(NAME, {"students": students})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="append", required=True, help="NAME=FOLDER of a run")
    parser.add_argument("--out", type=Path, default=Path("runs/fewer_bits"))
    parser.add_argument("--rounds", type=int, default=1500)
    return parser.parse_args()


def measured(run: Path, out: Path, registry: Registry, rounds: int) -> dict[str, Any]:
    """Metric on test, its paired drop beside int8, size and times of each way."""
    data = Dataset.open(run / "data")
    source = Bundle.open(run / "export-onnx")
    task = registry.task(source.task)
    bundles = {kind: quantized(source, data, out / kind, kind, registry) for kind in KINDS}
    rows = open_split(data, "test")
    truth = truth_of(rows, task, source.labels)
    texts = list(inputs_of(rows))
    outputs = {
        kind: task.decided(
            outputs_of(bundle, texts, task=task, variant="int8", threads=1),
            bundle.manifest.decoding,
        )
        for kind, bundle in bundles.items()
    }
    models = {kind: load(each.path, variant="int8", threads=1) for kind, each in bundles.items()}
    times = interleaved(models, texts, rounds=rounds, seconds=600)
    opened = opening({kind: each.path for kind, each in bundles.items()})
    found = []
    for kind, bundle in bundles.items():
        gate = accuracy_gate(
            outputs["int8"],
            outputs[kind],
            truth,
            gates=Gates(max_drop=1),
            task=task,
            names=source.labels,
            step=kind,
        )
        ratios = np.asarray(times[kind].raw) / np.asarray(times["int8"].raw)
        found.append(
            {
                "kind": kind,
                **KINDS[kind],
                "value": gate.candidate,
                "drop": gate.drop,
                "drop_interval": list(gate.interval),
                "divergence": task.divergence(outputs["int8"], outputs[kind]),
                "bytes": bundle.variant_file("int8").stat().st_size,
                "p50_ms": times[kind].p50_ms,
                "times_int8": interval(ratios, "median"),
                "opens_ms": opened[kind],
                "open_mb": memory_of(bundle.variant_file("int8")),
            }
        )
        print(found[-1])
    return {"task": task.name, "metric": gate.metric, "n": gate.n, "rows": found}


def opening(paths: dict[str, Path]) -> dict[str, float]:
    """Median milliseconds until a bundle of this process is open, all taking turns."""
    found: dict[str, list[float]] = {kind: [] for kind in paths}
    for _ in range(OPENINGS):
        for kind, path in paths.items():
            start = time.perf_counter()
            load(path, variant="int8", threads=1).close()
            found[kind].append(1000 * (time.perf_counter() - start))
    return {kind: round(median(each), 2) for kind, each in found.items()}


def memory_of(graph: Path) -> float:
    """Megabytes that a process holds at most which opens a graph with onnxruntime alone."""
    asked = [sys.executable, "-c", OPEN, str(graph)]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    return round(int(done.stdout) / 1000, 1)


def quantized(source: Bundle, data: Dataset, out: Path, kind: str, registry: Registry) -> Bundle:
    """The bundle with what a kind keeps; made before, as it was."""
    if out.exists():
        return Bundle.open(out)
    step: Any = registry.step("quantize", "dynamic")
    options = registry.options("quantize", "dynamic", KINDS[kind])
    context = Context(
        out=out,
        task=registry.task(source.task),
        threads=1,
        gates=Gates(max_drop=1),
        find_model=registry.find_model,
        find_step=registry.usable_step,
    )
    made: Bundle = step(options, context).run(source, data)
    return made


if __name__ == "__main__":
    main()

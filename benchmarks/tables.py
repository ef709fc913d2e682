"""What embedding tables of ever fewer bits cost and save, in bundles that runs have exported.

    python benchmarks/tables.py --run runs/entities/seed-2 --run runs/banking77

Quantizes the exported bundle of each run anew, once with each kind of table and all else alike, and
compares what each file says of the test texts with what the int8 one says, through the runtime.
All files of a run are timed text by text, one thread, taking turns. Writes results/tables.json, and
leaves out the runs that stand there already by their names.
"""

import argparse
from pathlib import Path
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

KINDS = ("int8", "int4", "pq")


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    students = kept("tables").get("students", {})
    for named in asked.run:
        name, _, folder = named.partition("=")
        if name in students:
            continue
        students[name] = measured(Path(folder), asked.out / name, registry, asked.rounds)
        record("tables", {"students": students})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="append", required=True, help="NAME=FOLDER of a run")
    parser.add_argument("--out", type=Path, default=Path("runs/tables"))
    parser.add_argument("--rounds", type=int, default=1500)
    return parser.parse_args()


def measured(run: Path, out: Path, registry: Registry, rounds: int) -> dict[str, Any]:
    """Metric on test, its paired drop beside int8, size and time of each kind of table."""
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
                "tables": kind,
                "value": gate.candidate,
                "drop": gate.drop,
                "drop_interval": list(gate.interval),
                "divergence": task.divergence(outputs["int8"], outputs[kind]),
                "bytes": bundle.variant_file("int8").stat().st_size,
                "p50_ms": times[kind].p50_ms,
                "times_int8": interval(ratios, "median"),
            }
        )
        print(found[-1])
    return {"task": task.name, "metric": gate.metric, "n": gate.n, "rows": found}


def quantized(source: Bundle, data: Dataset, out: Path, kind: str, registry: Registry) -> Bundle:
    """The bundle with tables of a kind; made before, as it was."""
    if out.exists():
        return Bundle.open(out)
    step: Any = registry.step("quantize", "dynamic")
    options = registry.options("quantize", "dynamic", {"embeddings": kind})
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

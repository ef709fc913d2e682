"""What half of a teacher's heads, of its neurons, and of both give and take.

    python benchmarks/structure.py --runs runs/first-recipe/banking77/default-*

Prunes the teacher of each run that benchmarks/first_recipe.py made, with the step's own repair, and
exports and quantizes it as a recipe does by default. All bundles of a run are timed text by text,
one thread, taking turns. Writes results/structure.json.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from recording import record, spread

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.cli.progress import Lines
from edgeft.data.rows import open_split
from edgeft.evaluation import evaluate
from edgeft.gates.speed import interleaved
from edgeft.registry import load_plugins
from edgeft.runtime import load
from edgeft.steps import Context
from edgeft.tasks.text_classification import TextClassification

TASK = TextClassification()
WHOLE = "all"
PRUNED = {
    WHOLE: None,
    "half of the heads": {"neurons": 1, "heads": 0.5},
    "half of the neurons": {"neurons": 0.5},
    "half of both": {"neurons": 0.5, "heads": 0.5},
}


def main() -> None:
    asked = arguments()
    runs = [ran(run, asked.out / run.parent.name / run.name, asked.rounds) for run in asked.runs]
    summary = {
        name: {
            "accuracy": spread([run[name]["accuracy"] for run in runs]),
            "bytes": spread([run[name]["bytes"] for run in runs], digits=0),
            "p50_ms": spread([run[name]["p50_ms"] for run in runs]),
            "times_the_whole": spread([run[name]["times_the_whole"] for run in runs]),
        }
        for name in PRUNED
    }
    print(summary)
    record("structure", {"threads": 1, "rounds": asked.rounds, "summary": summary, "runs": runs})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/structure"))
    parser.add_argument("--rounds", type=int, default=1000)
    return parser.parse_args()


def ran(run: Path, out: Path, rounds: int) -> dict[str, Any]:
    """Accuracy, bytes and times of one run's teacher, whole and pruned."""
    data = Dataset.open(run / "data")
    bundles = {
        name: made(run, data, options, out / name.replace(" ", "-"))
        for name, options in PRUNED.items()
    }
    texts = list(open_split(data, "test")["text"])
    with ExitStack() as loaded:
        models = {
            name: loaded.enter_context(load(bundle.path, threads=1))
            for name, bundle in bundles.items()
        }
        found = interleaved(models, texts, rounds=rounds, seconds=600)
    times = {name: np.asarray(timing.raw) for name, timing in found.items()}
    return {
        name: {
            "accuracy": evaluate(bundle, data, "test", task=TASK).scores.metrics["accuracy"],
            "bytes": bundle.variant_file(bundle.manifest.chosen).stat().st_size,
            "p50_ms": float(np.median(times[name])),
            "times_the_whole": float(np.median(times[name] / times[WHOLE])),
        }
        for name, bundle in bundles.items()
    }


def made(run: Path, data: Dataset, options: dict[str, Any] | None, out: Path) -> Bundle:
    """The bundle of a run's teacher after it was pruned; what is there already is taken."""
    model: Any = Checkpoint.open(run / "finetune-full")
    steps = [("export", "onnx", {}), ("quantize", "dynamic", {})]
    if options is not None:
        steps.insert(0, ("prune", "structure", options))
    registry = load_plugins()
    for kind, method, given in steps:
        if (out / kind).exists():
            model = (Checkpoint if kind == "prune" else Bundle).open(out / kind)
            continue
        print(f"{run.name}, {out.name}: {kind}", flush=True)
        context = Context(out=out / kind, task=TASK, device="cpu", threads=2, progress=Lines())
        step: Any = registry.step(kind, method)(registry.options(kind, method, given), context)
        model = step.run(model, data)
    bundle: Bundle = model
    return bundle


if __name__ == "__main__":
    main()

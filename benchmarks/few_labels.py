"""Finetuners with few labels: eight texts a label, drawn anew for each seed, judged on all of test.

    python benchmarks/few_labels.py --train train.csv --test test.csv --base MODEL

Each method is trained on the drawn texts alone, with its defaults or with those of SETTINGS, and
scored on the test file. Nothing is held out of the drawn texts and nothing is chosen on test.
Writes results/few_labels.json after every run, and leaves out what stands there already.
"""

import argparse
import json
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from labelled import parser_of_files
from recording import kept_runs, record, spread

from edgeft.artifacts import Dataset
from edgeft.cli.progress import Lines
from edgeft.context import Context
from edgeft.data.records import read_columns
from edgeft.data.rows import write_split
from edgeft.evaluation import evaluate
from edgeft.registry import Registry, load_plugins
from edgeft.runtime.threads import available_threads

NAME = "few_labels"
SETTINGS: dict[str, dict[str, Any]] = {
    "full": {"epochs": 10.0, "head": "probe", "weights": "last"},
    "contrastive,examples=0": {"examples": 0},
    "contrastive,blend=0.7": {"blend": 0.7},
    "contrastive,views=2,together=1,epochs=5": {"views": 2, "together": 1, "epochs": 5.0},
}
"""options of a finetuner, where they are not its defaults; what follows a comma tells them apart"""


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        for method in asked.methods:
            known = {(run["method"], run["seed"], run["texts_a_label"]) for run in runs}
            if (method, seed, asked.texts) in known:
                continue
            with tempfile.TemporaryDirectory() as folder:
                runs.append(ran(method, seed, asked, registry, Path(folder)))
            print(json.dumps({key: runs[-1][key] for key in ("method", "seed", "accuracy")}))
            record(NAME, {"summary": summary(runs), "runs": runs})


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--texts", type=int, default=8, help="labelled texts a label")
    parser.add_argument("--methods", nargs="+", default=["probe", "contrastive", "full", "auto"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def ran(
    method: str, seed: int, asked: argparse.Namespace, registry: Registry, folder: Path
) -> dict[str, Any]:
    """Train one method on one draw, and score it on test."""
    data = drawn(asked, seed, folder / "data")
    finetuner = method.partition(",")[0]
    step = registry.usable_step("finetune", finetuner)
    options = SETTINGS.get(method, {})
    context = Context(
        out=folder / "made",
        task=registry.task("text-classification"),
        seed=seed,
        progress=Lines(),
        find_model=registry.find_model,
        find_step=registry.usable_step,
    )
    base = registry.find_model(asked.base)
    started = perf_counter()
    made: Any = step(registry.options("finetune", finetuner, options), context)
    checkpoint = made.run(base, data)
    seconds = perf_counter() - started
    found = evaluate(checkpoint, data, "test", task=context.task, device="auto")
    return {
        "method": method,
        "seed": seed,
        "texts_a_label": asked.texts,
        "train": data.manifest.rows["train"],
        "n": found.scores.n,
        "accuracy": round(found.scores.metrics["accuracy"], 4),
        "seconds": round(seconds, 1),
        "cores": available_threads(),
        "figures": {
            key: value
            for key, value in checkpoint.manifest.history[-1].figures.items()
            if key in ("chosen", "tried", "strength", "label_names", "cross_validated")
        },
    }


def drawn(asked: argparse.Namespace, seed: int, out: Path) -> Dataset:
    """So many training texts of each label; validation, which nothing is chosen by, are the same.

    A step asks for validation texts to say how it did; here it asks about what it has seen.
    """
    train = [
        values for _, values in read_columns(asked.train, {"text": "text", "label": asked.label})
    ]
    test = [
        values for _, values in read_columns(asked.test, {"text": "text", "label": asked.label})
    ]
    labels = sorted({label for _, label in train})
    random = np.random.default_rng(seed)
    places = {label: [] for label in labels}  # type: dict[str, list[int]]
    for place, (_, label) in enumerate(train):
        places[label].append(place)
    chosen = [
        int(place)
        for label in labels
        for place in random.choice(places[label], asked.texts, replace=False)
    ]
    splits = {"train": [train[place] for place in chosen]}
    splits |= {"validation": splits["train"], "test": test}
    with Dataset.create(out) as draft:
        first = 0
        for split, rows in splits.items():
            draft.manifest.rows[split] = write_split(
                draft.path,
                split,
                [
                    {"id": first + number, "text": text, "label": label, "parent": None}
                    for number, (text, label) in enumerate(rows)
                ],
            )
            first += len(rows)
        draft.manifest.task = "text-classification"
        draft.manifest.labels = labels
    return draft.artifact


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy and seconds by method and number of texts, over the seeds."""
    keys = sorted({(run["method"], run["texts_a_label"]) for run in runs})
    found = {}
    for method, texts in keys:
        of_these = [run for run in runs if (run["method"], run["texts_a_label"]) == (method, texts)]
        found[f"{method} {texts}"] = {
            "accuracy": spread([run["accuracy"] for run in of_these]),
            "seconds": spread([run["seconds"] for run in of_these], digits=0),
            "seeds": len(of_these),
            "cores": sorted({run["cores"] for run in of_these}),
        }
    return found


if __name__ == "__main__":
    main()

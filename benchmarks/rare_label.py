"""A label with ten texts among 76 full ones: what gives it its weight back, and what that costs.

    python benchmarks/rare_label.py --train train.csv --test test.csv

For every seed another label is made rare. A finetuner is trained as it is, and with one lever for
rare labels at a time; its recall of the rare label and its accuracy on all test texts are
kept. Writes results/rare_label.json after every run, and leaves out what stands there already.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from labelled import parser_of_files, read_rows, test_scores, write_rows
from recording import kept_runs, record, spread

from edgeft.artifacts import Checkpoint
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins

NAME = "rare_label"
FULL = {"learning_rate": 2e-4}
LEVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "full": ("full", FULL),
    "full, class_weights: balanced": ("full", FULL | {"class_weights": "balanced"}),
    "full, resample: balanced": ("full", FULL | {"resample": "balanced"}),
    "full, loss: focal": ("full", FULL | {"loss": "focal"}),
    "full, logit_adjustment: 1": ("full", FULL | {"logit_adjustment": 1.0}),
    "probe": ("probe", {}),
    "probe, logit_adjustment: 1": ("probe", {"logit_adjustment": 1.0}),
    "probe, logit_adjustment: 1.5": ("probe", {"logit_adjustment": 1.5}),
}
"""a finetuner and its options, each by its name; one without options is what others stand beside"""


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as folder:
            for lever in asked.levers:
                if (lever, seed) in {(run["lever"], run["seed"]) for run in runs}:
                    continue
                runs.append(ran(lever, seed, asked, registry, Path(folder)))
                print(json.dumps(runs[-1]))
                record(NAME, {"texts": asked.texts, "summary": summary(runs), "runs": runs})


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--texts", type=int, default=10, help="of the rare label")
    parser.add_argument("--levers", nargs="+", default=list(LEVERS), choices=list(LEVERS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def ran(
    lever: str, seed: int, asked: argparse.Namespace, registry: Registry, folder: Path
) -> dict[str, Any]:
    """Train with one lever while one label is rare, and score on test.

    What lies in `folder` of another lever with the same seed, the vectors of a frozen encoder among
    it, is used again.
    """
    rows = read_rows(asked.train, asked.label)
    random = np.random.default_rng(seed)
    rare = str(random.choice(sorted({of for _, of in rows})))
    its = [row for row in rows if row[1] == rare]
    few = [its[place] for place in random.choice(len(its), asked.texts, replace=False)]
    write_rows(folder / "train.csv", [row for row in rows if row[1] != rare] + few)
    write_rows(folder / "test.csv", read_rows(asked.test, asked.label))
    method, settings = LEVERS[lever]
    made = run_step(
        "finetune",
        method,
        folder / "model",
        registry,
        data=DataSource(train=str(folder / "train.csv"), test=str(folder / "test.csv")),
        model=asked.base,
        settings=settings,
        seed=seed,
        force=True,
        progress=Lines(),
    )
    model = Checkpoint.open(made.path)
    scores = test_scores(model, folder / "model.data", registry)
    found = next(each for each in scores.per_class if each["label"] == rare)
    return {
        "lever": lever,
        "seed": seed,
        "rare": rare,
        "recall": round(found["recall"], 4),
        "precision": round(found["precision"], 4),
        "accuracy": round(scores.metrics["accuracy"], 4),
        "seconds": model.manifest.history[-1].seconds,
    }


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The rare label's recall and precision, and the accuracy on all texts, by lever."""
    return {
        lever: {
            name: spread([run[name] for run in runs if run["lever"] == lever])
            for name in ("recall", "precision", "accuracy")
        }
        for lever in dict.fromkeys(run["lever"] for run in runs)
    }


if __name__ == "__main__":
    main()

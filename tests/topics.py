"""Texts that a tiny model learns in a second, and a tiny teacher that has learnt them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import save_base
from transformers import set_seed

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import TrainingOptions
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import save_checkpoint, train

MadeOnce = Callable[[str, Callable[[Path], object]], Path]

WORDS = {
    "food": ["bread", "cheese", "soup", "recipe", "kitchen", "butter"],
    "sport": ["goal", "team", "match", "player", "league", "coach"],
    "tech": ["laptop", "software", "chip", "network", "browser", "server"],
}


def rows_of(
    count: int, seed: int, first: int, words: dict[str, list[str]] = WORDS
) -> list[dict[str, Any]]:
    """Texts of four words that tell their label, between two that do not."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = sorted(words)[number % len(words)]
        text = " ".join(["the", *random.choice(words[label], 4), "today"])
        rows.append({"id": first + number, "text": text, "label": label, "parent": None})
    return rows


def write_dataset(out: Path, labels: list[str], **splits: list[dict[str, Any]]) -> Dataset:
    with Dataset.create(out) as draft:
        draft.manifest.labels = labels
        for split, rows in splits.items():
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
    return draft.artifact


@pytest.fixture(scope="session")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """120 train, 30 validation and 60 unlabelled texts on three topics."""
    return write_dataset(
        tmp_path_factory.mktemp("topics") / "data",
        sorted(WORDS),
        train=rows_of(120, seed=0, first=0),
        validation=rows_of(30, seed=1, first=1000),
        unlabelled=[{**row, "label": None} for row in rows_of(60, seed=2, first=2000)],
    )


@pytest.fixture
def make_data(tmp_path: Path) -> Callable[..., Dataset]:
    """Makes a dataset out of labels, and lists of rows by split."""

    def make(labels: list[str], **splits: list[dict[str, Any]]) -> Dataset:
        return write_dataset(tmp_path / "data", labels, **splits)

    return make


@pytest.fixture(scope="session")
def make_base(topics: Dataset, made_once: MadeOnce) -> Callable[[str], Path]:
    """Makes the pretrained model of a family, with a tokenizer that knows the topics' words."""

    def make(family: str) -> Path:
        texts = open_split(topics, "train")["text"][:]
        return made_once(f"topics/base/{family}", lambda out: save_base(family, out, texts))

    return make


@pytest.fixture(scope="session")
def make_context(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Context]:
    """Makes the circumstances of a step that writes into a new directory."""

    def make(**changes: Any) -> Context:
        out = tmp_path_factory.mktemp("step") / "student"
        return Context(out=out, task=TextClassification(), device="cpu", threads=1, **changes)

    return make


@pytest.fixture(scope="session")
def teacher(topics: Dataset, make_base: Callable[[str], Path], made_once: MadeOnce) -> Checkpoint:
    """A BERT of four layers that has learnt the topics, its labels in another order."""
    labels = topics.labels[::-1]
    base = make_base("bert")

    def make(out: Path) -> None:
        context = Context(out=out, task=TextClassification(), device="cpu", threads=1)
        tokenizer = load_tokenizer(base)
        set_seed(0)
        trained = train(
            context.task.load_model(base, labels),
            tokenizer,
            open_split(topics, "train"),
            open_split(topics, "validation"),
            task=context.task,
            labels=labels,
            options=TrainingOptions(epochs=8, learning_rate=2e-3, batch_size=16, precision="fp32"),
            context=context,
        )
        assert trained.metrics["accuracy"] == 1.0
        with Checkpoint.create(context.out) as draft:
            save_checkpoint(draft, trained.model, tokenizer, trained.max_length, labels)

    return Checkpoint.open(made_once("topics/teacher", make))

"""Texts with people and places, and what a tiny model learns of them in seconds."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from families import bundles, checkpoints
from tiny_models import save_base

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.registry import Registry
from edgeft.tasks.token_classification import TokenClassification

PEOPLE = ["anna", "boris", "chen", "maria lopez", "john smith"]
PLACES = ["paris", "london", "new york", "tokyo", "rome"]
FRAMES = [
    "{person} lives in {place}", "in {place} it rained on {person}", "nobody was there",
    "{person} and a friend went home", "the road to {place} is long", "why is it so?",
]  # fmt: skip
ROWS = {"train": 150, "validation": 40, "test": 40}
TRAINING = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}


def tagged(split: str, n: int) -> list[tuple[list[str], list[str]]]:
    """Different sentences of tokens and BIO tags, seeded by the split's name."""
    chooser = random.Random(split)
    found = []
    for number in range(n):
        tokens: list[str] = []
        tags: list[str] = []
        for word in [*FRAMES[number % len(FRAMES)].split(), f"{split}{number}"]:
            kind = word.strip("{}")
            words = chooser.choice({"person": PEOPLE, "place": PLACES}.get(kind, [word])).split()
            tokens += words
            tags += ["O"] if words == [word] else [f"B-{kind}", *[f"I-{kind}"] * (len(words) - 1)]
        found.append((tokens, tags))
    return found


def write_conll(path: Path, rows: list[tuple[list[str], list[str]]]) -> str:
    sentences = ["".join(f"{a}\t{b}\n" for a, b in zip(*row, strict=True)) for row in rows]
    path.write_text("\n".join(sentences), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="session")
def entity_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """CoNLL files a split."""
    folder = tmp_path_factory.mktemp("entities")
    return {
        split: write_conll(folder / f"{split}.conll", tagged(split, n)) for split, n in ROWS.items()
    }


@pytest.fixture(scope="session")
def entity_dataset(
    entity_files: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Dataset:
    """The dataset of these files."""
    context = Context(out=tmp_path_factory.mktemp("data") / "data", task=TokenClassification())
    source = DataSource(**entity_files)
    return prepare(source, context.task, context, find=lambda _: None)


@pytest.fixture(scope="session")
def make_entity_base(made_once: Any) -> Callable[[str], Path]:
    """Make the pretrained model of a family, which knows the words of these texts."""

    def make(family: str) -> Path:
        texts = [" ".join(tokens) for tokens, _ in tagged("train", ROWS["train"])]
        return made_once(f"entity-base/{family}", lambda out: save_base(family, out, texts))

    return make


@pytest.fixture(scope="session")
def make_entity_checkpoint(
    make_entity_base: Callable[[str], Path],
    entity_dataset: Dataset,
    registry: Registry,
    made_once: Any,
) -> Callable[[str], Checkpoint]:
    """Finetune a family's model on them, once a session."""
    return checkpoints(
        "entity",
        TokenClassification(),
        make_entity_base,
        entity_dataset,
        registry,
        made_once,
        TRAINING,
    )


@pytest.fixture(scope="session")
def make_entity_bundle(
    make_entity_checkpoint: Callable[[str], Checkpoint],
    entity_dataset: Dataset,
    registry: Registry,
    made_once: Any,
) -> Callable[[str], Bundle]:
    """Export a family's checkpoint as it was captured, once a session."""
    return bundles(
        "entity", TokenClassification(), make_entity_checkpoint, entity_dataset, registry, made_once
    )


def spans(answer: str) -> list[tuple[int, int, str]]:
    """What a dataset stores of an answer, as tuples."""
    return [tuple(each) for each in json.loads(answer)]

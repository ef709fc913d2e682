"""Bundles of every task, on a tiny model."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from families import bundles, checkpoints
from tiny_models import save_base

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.registry import Registry, load_plugins
from edgeft.tasks import Task

TOPICS = {"card": ["card", "chip", "pin"], "cash": ["cash", "notes", "coins"]}
ASKING = ["where is my", "please help with a", "is there a fee for the"]
PEOPLE, PLACES = ["anna", "boris", "chen"], ["paris", "rome", "lima"]
TRAINING = {"epochs": 1, "batch_size": 8, "precision": "fp32"}


@dataclass(frozen=True)
class Made:
    """What the tests of commands take."""

    task: str
    checkpoint: Path
    bundle: Path
    texts: Path
    """a file of rows to ask about"""


def row_of(task: str, number: int) -> dict[str, Any]:
    """A row as the task's page in docs/tasks shows it."""
    chooser = random.Random(number)
    label = sorted(TOPICS)[number % 2]
    text = f"{chooser.choice(ASKING)} {chooser.choice(TOPICS[label])} {number}"
    other = f"{chooser.choice(ASKING)} {chooser.choice(TOPICS[label])} again {number}"
    person, place = chooser.choice(PEOPLE), chooser.choice(PLACES)
    told = f"{person} lives in {place}, as of {number}"
    at = told.index(place)
    relation = ["lives", "works"][number % 2]
    spans = [[0, len(person), "person"], [at, at + len(place), "place"]]
    score = number % 5 / 4
    return {
        "embeddings-from-labels": {"text": text, "label": label},
        "embeddings-from-pairs": {"text": text, "pair": other},
        "embeddings-from-scores": {"text": text, "pair": other, "label": score},
        "fill-mask": {"text": text},
        "multi-label-classification": {"text": text, "label": [label, "even"][: 2 - number % 2]},
        "pair-classification": {"text": text, "pair": other, "label": label},
        "question-answering": {
            "text": f"where does {person} live?",
            "pair": told,
            "label": {"text": [place], "answer_start": [at]},
        },
        "regression": {"text": text, "label": score},
        "relation-extraction": {
            "text": told,
            "head": {"start": 0, "end": len(person)},
            "tail": {"start": at, "end": at + len(place)},
            "label": relation,
        },
        "sentence-embeddings": {"text": text},
        "text-classification": {"text": text, "label": label},
        "text-similarity": {"text": text, "pair": other, "label": score},
        "token-classification": {"text": told, "label": spans},
    }[task]


TASKS = sorted(load_plugins().tasks)


@pytest.fixture(scope="session")
def make_every_base(made_once: Any) -> Callable[..., Path]:
    """Make the pretrained model of a family, which knows the words of these rows."""

    def base(family: str, **sizes: int) -> Path:
        words = " ".join([*ASKING, *chain(*TOPICS.values()), *PEOPLE, *PLACES, "lives in as of"])
        marks = "the anna and the { paris } [ rome ] ( )  where does live ?"
        name = "-".join([family, *(f"{key}-{value}" for key, value in sizes.items())])
        return made_once(
            f"every-base/{name}", lambda out: save_base(family, out, [words, marks], **sizes)
        )

    return base


def prepared(task: Task, folder: Path, rows: int) -> tuple[Dataset, Path]:
    """The dataset of a task's rows, and their file."""
    texts = folder / "rows.jsonl"
    lines = [json.dumps(row_of(task.name, number)) for number in range(rows)]
    texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return dataset_of(task, texts, folder / "data"), texts


def dataset_of(task: Task, texts: Path, out: Path) -> Dataset:
    """The dataset of a file, which is train and validation."""
    source = DataSource(train=str(texts), validation=str(texts))
    context = Context(out=out, task=task, device="cpu", threads=1)
    return prepare(source, task, context, find=lambda _: None)


@pytest.fixture(scope="session")
def make_every_task(
    made_once: Any,
    make_every_base: Callable[..., Path],
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Made]:
    """Make the bundle of a task."""

    def make(name: str) -> Made:
        task = registry.task(name)
        data, texts = prepared(task, tmp_path_factory.mktemp(name), 24)
        called = f"every-{name}"
        training = TRAINING if task.labelled else None  # rows may have no answers to learn
        checkpoint = checkpoints(called, task, make_every_base, data, registry, made_once, training)
        bundle = bundles(called, task, checkpoint, data, registry, made_once)
        return Made(name, checkpoint("bert").path, bundle("bert").path, texts)

    return make

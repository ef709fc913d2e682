"""Bundles of tasks that answer with other things than the label of a text, on a tiny model."""

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

from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.registry import Registry
from edgeft.steps import Context

TOPICS = {"card": ["card", "chip", "pin"], "cash": ["cash", "notes", "coins"]}
ASKING = ["where is my", "please help with a", "is there a fee for the"]
PEOPLE, PLACES = ["anna", "boris", "chen"], ["paris", "rome", "lima"]
TRAINING = {"epochs": 1, "batch_size": 8, "precision": "fp32"}


@dataclass(frozen=True)
class Made:
    """What the tests of commands take."""

    task: str
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
    return {
        "relation-extraction": {
            "text": told,
            "head": {"start": 0, "end": len(person)},
            "tail": {"start": at, "end": at + len(place)},
            "label": ["lives", "works"][number % 2],
        },
        "question-answering": {
            "text": f"where does {person} live?",
            "pair": told,
            "label": {"text": [place], "answer_start": [at]},
        },
        "embeddings-from-pairs": {"text": text, "pair": other},
        "fill-mask": {"text": text},
    }[task]


TASKS = ["relation-extraction", "question-answering", "embeddings-from-pairs", "fill-mask"]


@pytest.fixture(scope="session")
def make_every_task(
    made_once: Any, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Made]:
    """Make the bundle of a task."""

    def base(family: str) -> Path:
        words = " ".join([*ASKING, *chain(*TOPICS.values()), *PEOPLE, *PLACES, "lives in as of"])
        marks = "the anna and the { paris } [ rome ] ( )  where does live ?"
        return made_once(f"every-base/{family}", lambda out: save_base(family, out, [words, marks]))

    def make(name: str) -> Made:
        task = registry.task(name)
        folder = tmp_path_factory.mktemp(name)
        texts = folder / "rows.jsonl"
        lines = [json.dumps(row_of(name, number)) for number in range(24)]
        texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        source = DataSource(train=str(texts), validation=str(texts))
        context = Context(out=folder / "data", task=task, device="cpu", threads=1)
        data = prepare(source, task, context, find=lambda _: None)
        checkpoint = checkpoints(f"every-{name}", task, base, data, registry, made_once, TRAINING)
        bundle = bundles(f"every-{name}", task, checkpoint, data, registry, made_once)
        return Made(name, bundle("bert").path, texts)

    return make

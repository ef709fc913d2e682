"""Texts with two names in them, and models that know the words of these and the marks."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_models import save_base

from edgeft.runtime import Mentions
from edgeft.runtime.marking import marked

PEOPLE = ["anna", "boris", "chen", "maria lopez", "john smith", "olga"]
THINGS = ["acme", "paris", "globex", "new york", "initech", "rome"]
RELATIONS = {"founded": ("founder", "foundation"), "left": ("leaver", "loss")}

Make = Callable[[random.Random, int], dict[str, Any]]


def related(chooser: random.Random, number: int) -> dict[str, Any]:
    """A text with two names, asked about from either end: which comes first decides."""
    person, thing = chooser.choice(PEOPLE), chooser.choice(THINGS)
    verb = chooser.choice(sorted(RELATIONS))
    text = f"in year {number} {person} {verb} {thing}"
    spans = [(text.index(each), text.index(each) + len(each)) for each in (person, thing)]
    turned = number % 2
    head, tail = spans[::-1] if turned else spans
    return {
        "text": text,
        "head": {"start": head[0], "end": head[1]},
        "tail": {"start": tail[0], "end": tail[1]},
        "label": RELATIONS[verb][turned],
    }


@pytest.fixture
def make_related() -> Make:
    """Make a row."""
    return related


@pytest.fixture(scope="session")
def make_marked_base(made_once: Any) -> Callable[[str], Path]:
    """Make the pretrained model of a family, whose vocabulary has the marks."""

    def make(family: str) -> Path:
        chooser = random.Random("train")
        rows = [related(chooser, number) for number in range(60)]
        texts = [
            marked(Mentions(row["text"], (*row["head"].values(),), (*row["tail"].values(),)))
            for row in rows
        ]
        return made_once(f"marked-base/{family}", lambda out: save_base(family, out, texts))

    return make

"""Sentence embeddings from pairs, labels and scores, through the whole chain to a device."""

import random
from typing import Any

import numpy as np
import pytest

from edgeft.runtime import Embedder, load

WORDS = ["card", "chip", "pin", "cash", "machine", "notes", "coins", "transfer", "iban", "account"]
LEARNING = {"learning_rate": 3e-3, "batch_size": 16, "precision": "fp32"}
FULL = {"finetune": {"method": "full", "epochs": 4, **LEARNING}}
LORA = {"finetune": {"method": "lora", "epochs": 6, **LEARNING}}
STEPS: list[dict[str, Any]] = [
    {"augment": {"method": "delete"}},
    {"distill": {"method": "layers", "keep": 2, "epochs": 2, **LEARNING}},
    {"prune": {"method": "vocabulary"}},
    {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
    {"quantize": {"method": "dynamic"}},
]
TOPICS = {"card": ["card", "chip", "pin"], "cash": ["cash", "machine", "notes", "coins"]}


def pair(chooser: random.Random, number: int) -> dict[str, Any]:
    """A question about two things, a text about the same, and one about others."""
    one, other, third = chooser.sample(WORDS, 3)
    return {
        "text": f"where is my {one} and my {other} {number}",
        "pair": f"please help with the {other} or a {one}",
        "negative": f"please help with the {third} or a {third}",
    }


def labelled(chooser: random.Random, number: int) -> dict[str, Any]:
    label = chooser.choice(sorted(TOPICS))
    return {"text": f"where is my {chooser.choice(TOPICS[label])} {number}", "label": label}


def scored(chooser: random.Random, number: int) -> dict[str, Any]:
    """Two texts about two things each: the score is the number of those in both."""
    one, other, third, fourth = chooser.sample(WORDS, 4)
    of_second = chooser.choice([(one, other), (one, third), (third, fourth)])
    return {
        "text": f"where is my {one} and my {other} {number}",
        "pair": f"please help with {' and '.join(of_second)}",
        "label": len({one, other} & {*of_second}),
    }


@pytest.mark.parametrize(
    ("task", "make", "finetune", "further", "least"),
    [
        ("embeddings-from-pairs", pair, FULL, {"data": {"columns": {"negative": "negative"}}}, 0.3),
        ("embeddings-from-labels", labelled, LORA, {}, 0.8),
        ("embeddings-from-scores", scored, FULL, {}, 0.3),
    ],
)
def test_what_data_says_of_texts_becomes_vectors_of_a_bundle(
    chain, copies, cost_of_int8, task, make, finetune, further, least
) -> None:
    bundle, report = chain(task, make, steps=[finetune, *STEPS], **further)
    rows = {each.name: each for each in report.rows}
    assert list(rows) == ["teacher", "student", "bundle"]
    assert rows["teacher"].value > least
    assert rows["bundle"].value > least / 2
    assert cost_of_int8() <= 0.05
    assert all(
        made["label"] == of["label"] and made["text"] != of["text"] for made, of in copies("delete")
    )
    low, high = rows["bundle"].interval
    assert low <= rows["bundle"].value <= high
    with load(bundle, Embedder) as model:
        assert model.selftest().passed
        assert np.linalg.norm(model(["where is my card", "a machine"]), axis=1) == pytest.approx(
            [1, 1], abs=1e-4
        )

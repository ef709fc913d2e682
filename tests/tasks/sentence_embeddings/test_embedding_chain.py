"""Sentence embeddings from texts alone, through the whole chain to vectors on a device."""

import random
from typing import Any

import numpy as np
import pytest

from edgeft.runtime import Embedder, load

TOPICS = ["card", "chip", "cash", "machine", "transfer", "account"]


def row(chooser: random.Random, number: int) -> dict[str, Any]:
    """A text without an answer."""
    words = chooser.sample(TOPICS, 2)
    return {"text": f"where is my {words[0]} and why was the {words[1]} {number}"}


STEPS: list[dict[str, Any]] = [
    {"finetune": {"method": "embed"}},
    {"augment": {"method": "delete"}},
    {
        "distill": {
            "method": "layers",
            "keep": 2,
            "epochs": 3,
            "learning_rate": 3e-3,
            "batch_size": 16,
            "precision": "fp32",
        }
    },
    {"prune": {"method": "vocabulary"}},
    {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
    {"quantize": {"method": "dynamic"}},
]


def test_vectors_of_a_sentence_encoder_become_those_of_a_bundle(chain, copies) -> None:
    bundle, report = chain("sentence-embeddings", row, steps=STEPS, compared=True)
    rows = {each.name: each for each in report.rows}
    assert list(rows) == ["teacher", "student", "bundle"]
    assert rows["teacher"].metric == "similarity"
    assert rows["teacher"].value == 1
    assert 0.5 < rows["student"].value < 1
    assert rows["bundle"].value > rows["student"].value - 0.2
    assert rows["bundle"].drop == pytest.approx(1 - rows["bundle"].value)
    assert rows["bundle"].scores.metrics["cosine"] > 0.5
    assert all(gate.reference == 1 for gate in report.gates)
    assert 0 < rows["bundle"].p50_ms < rows["teacher"].p50_ms
    assert all(made["text"] != of["text"] for made, of in copies("delete"))
    with load(bundle, Embedder) as model:
        assert model.selftest().passed
        one, many = model("where is my card"), model(["where is my card", "a machine"])
        assert one.shape == (many.shape[1],)
        assert one.dtype == np.float32
        assert np.linalg.norm(many, axis=1) == pytest.approx([1, 1], abs=1e-4)
        assert model([]).shape == (0, many.shape[1])
        assert model.similarity("a card", "a card") == pytest.approx(1, abs=1e-5)
        assert model.similarity(["a card"], ["cash", "chip"]).shape == (1, 2)
    asked = [row(random.Random(number), number)["text"] for number in range(50)]
    vectors = []
    for variant in ("fp32", "int8"):
        with load(bundle, Embedder, variant=variant) as model:
            vectors.append(model(asked))
    assert np.prod(vectors, axis=0).sum(axis=1).mean() > 0.95  # cosines

"""Several labels a text, through the whole chain to answers on a device."""

import random
from typing import Any

import numpy as np
import pytest

from edgeft.artifacts import Bundle
from edgeft.runtime import Labeller, load

WORDS = {"card": "card", "cash": "coins", "transfer": "iban"}


def row(chooser: random.Random, number: int) -> dict[str, Any]:
    """A text with the word of each of its labels: none, one or several."""
    labels = [label for label in WORDS if chooser.random() < 0.4]
    words = [WORDS[label] for label in labels]
    chooser.shuffle(words)
    return {"text": f"please help with {' '.join(words)} {number}", "label": labels}


def test_the_chain_ends_in_a_bundle_that_says_which_labels_hold(
    chain, copies, cost_of_int8
) -> None:
    bundle, report = chain("multi-label-classification", row, compared=True)
    rows = {each.name: each for each in report.rows}
    assert list(rows) == ["baseline", "teacher", "student-plain", "student", "bundle"]
    assert rows["teacher"].metric == "micro_f1"
    assert rows["teacher"].value > 0.8
    assert rows["bundle"].value > rows["teacher"].value - 0.1
    low, high = rows["bundle"].gain_interval
    assert rows["bundle"].gain == pytest.approx(rows["bundle"].value - rows["baseline"].value)
    assert low <= rows["bundle"].gain <= high
    assert 0 < rows["bundle"].p50_ms < rows["teacher"].p50_ms
    assert cost_of_int8() <= 0.05
    assert all(
        made["label"] == of["label"] and made["text"] != of["text"] for made, of in copies("delete")
    )
    assert [each["label"] for each in rows["bundle"].scores.per_class] == list(WORDS)
    decoding = Bundle.open(bundle).manifest.decoding
    assert decoding.function == "sigmoid"
    assert len(decoding.thresholds) == 3
    with load(bundle, Labeller) as model:
        assert model.selftest().passed
        answer = model("please help with iban card")
        assert {each.label for each in answer} == {"card", "transfer"}
        assert all(0 < each.probability <= 1 for each in answer)
        texts = ["card", "coins iban", "please help with a"]
        chances = model.probabilities(texts)
        assert chances.shape == (3, 3)
        for text, of_text in zip(texts, chances, strict=True):
            np.testing.assert_allclose(model.probabilities([text])[0], of_text, atol=0.05)


def test_a_table_of_vectors_learns_several_labels(chain, static_steps) -> None:
    bundle, report = chain(
        "multi-label-classification", row, steps=static_steps, rows=(192, 60, 60)
    )
    rows = {each.name: each for each in report.rows}
    assert rows["teacher"].value > 0.6
    assert rows["bundle"].value > rows["teacher"].value - 0.1
    with load(bundle, Labeller) as model:
        assert model.selftest().passed
        answer = model("please help with iban card")
        assert {each.label for each in answer} == {"card", "transfer"}

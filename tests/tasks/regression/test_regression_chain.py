"""Numbers for texts and for pairs of them, through the whole chain to answers on a device."""

import random
from typing import Any

import pytest

from edgeft.runtime import Scorer, load

WORDS = ["coins", "notes", "machine", "cash"]


def price(chooser: random.Random, number: int) -> dict[str, Any]:
    """A text that costs 1,000 for each word it has of some."""
    count = chooser.randrange(len(WORDS) + 1)
    words = chooser.sample(WORDS, count)
    return {"text": f"is there a fee for {' '.join(words)} {number}", "label": 1000.0 * count}


def house(chooser: random.Random, number: int) -> dict[str, Any]:
    """The same beside what a house costs, of which float32 tells hundredths apart."""
    found = price(chooser, number)
    return found | {"label": 130_000 + found["label"]}


def likeness(chooser: random.Random, number: int) -> dict[str, Any]:
    """Two texts that are as alike as they share words."""
    count = chooser.randrange(len(WORDS) + 1)
    words = chooser.sample(WORDS, count)
    return {
        "text": f"my {' '.join(WORDS)} {number}",
        "pair": f"the {' '.join(words)} {number}",
        "label": str(count),
    }


def test_numbers_of_any_scale_are_learnt_and_answered(chain, copies, cost_of_int8) -> None:
    bundle, report = chain("regression", price, compared=True)
    rows = {each.name: each for each in report.rows}
    assert rows["teacher"].metric == "r2"
    assert rows["teacher"].value > 0.8
    assert rows["bundle"].value > rows["teacher"].value - 0.1
    assert rows["teacher"].scores.metrics["spearman"] > 0.8
    low, high = rows["bundle"].gain_interval
    assert rows["bundle"].gain == pytest.approx(rows["bundle"].value - rows["baseline"].value)
    assert low <= rows["bundle"].gain <= high
    assert 0 < rows["bundle"].p50_ms < rows["teacher"].p50_ms
    assert cost_of_int8() <= 0.05
    assert all(
        made["label"] == of["label"] and made["text"] != of["text"] for made, of in copies("delete")
    )
    with load(bundle, Scorer) as model:
        assert model.selftest().passed
        cheap, dear = model(["is there a fee for", "is there a fee for cash coins notes machine"])
        assert dear > cheap + 1000
        assert model("is there a fee for") == pytest.approx(cheap, abs=300)


def test_a_number_of_two_texts_is_asked_for_by_a_tuple(chain, copies, cost_of_int8) -> None:
    bundle, report = chain("text-similarity", likeness)
    rows = {each.name: each for each in report.rows}
    assert rows["teacher"].value > 0.6
    assert cost_of_int8() <= 0.05
    assert all(
        made["label"] == of["label"] and made["text"] != of["text"] for made, of in copies("delete")
    )
    with load(bundle, Scorer) as model:
        assert model.selftest().passed
        pair = ("my coins notes machine cash", "the coins notes machine cash")
        assert model(pair) == pytest.approx(model([pair])[0])


def test_a_table_of_vectors_learns_numbers(chain, static_steps) -> None:
    bundle, report = chain("regression", house, steps=static_steps)
    rows = {each.name: each for each in report.rows}
    assert rows["teacher"].value > 0.4
    assert rows["bundle"].value > rows["teacher"].value - 0.1
    with load(bundle, Scorer) as model:
        assert model.selftest().passed
        cheap, dear = model(["is there a fee for", "is there a fee for cash coins notes machine"])
        assert dear > cheap + 1000


def test_large_numbers_are_learnt_by_a_student_of_another_base_too(chain, make_tiny_base) -> None:
    """Nothing of the scale is left to the rate, or to the decay that goes with it."""

    def dear(chooser: random.Random, number: int) -> dict[str, Any]:
        found = price(chooser, number)
        return found | {"label": 1e5 * found["label"]}

    other = {"student": str(make_tiny_base("roberta")), "keep": 2}
    training = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
    _, report = chain(
        "regression",
        dear,
        steps=[
            {"finetune": {"method": "full", "epochs": 8, **training}},
            {"distill": {"method": "layers", "epochs": 12, **other, **training}},
        ],
    )
    rows = {each.name: each for each in report.rows}
    assert rows["teacher"].value > 0.8
    assert rows["student"].value > 0.5

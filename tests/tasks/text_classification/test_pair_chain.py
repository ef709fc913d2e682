"""One label for two texts, through the whole chain to answers on a device."""

import random
from typing import Any

import pytest

from edgeft.errors import DataError
from edgeft.runtime import Classifier, load

WORDS = {"card": "chip", "cash": "coins", "transfer": "iban"}


def entailment(chooser: random.Random, number: int) -> dict[str, Any]:
    """Two texts, the second about the first's word or about another."""
    first, other = chooser.sample(sorted(WORDS), 2)
    same = number % 2 == 0
    return {
        "text": f"my {WORDS[first]} {number}",
        "pair": f"the {WORDS[first if same else other]}",
        "label": "same" if same else "other",
    }


def test_two_texts_get_one_label(chain, copies, cost_of_int8) -> None:
    bundle, report = chain("pair-classification", entailment, rows=(160, 40, 40))
    rows = {each.name: each for each in report.rows}
    assert rows["teacher"].metric == "accuracy"
    assert rows["teacher"].value > 0.8
    assert cost_of_int8() <= 0.05
    assert all(
        made["label"] == of["label"] and made["text"] != of["text"] for made, of in copies("delete")
    )
    with load(bundle, Classifier) as model:
        assert model.selftest().passed
        pairs = [("my chip 1", "the chip"), ("my chip 1", "the coins")]
        answers = model(pairs)
        assert [model(pair).label for pair in pairs] == [each.label for each in answers]
        with pytest.raises(DataError, match="reads two texts together"):
            model(["one text"])

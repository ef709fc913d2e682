"""Augmenters of texts whose parts have a type keep these parts where they belong."""

from collections import Counter
from random import Random

import pytest
from entities import PEOPLE, PLACES, spans

from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import PluginError
from edgeft.tasks.token_classification import TokenClassification
from edgeft_augment.replacing import other_than


@pytest.fixture
def copies(registry, entity_dataset, tmp_path):
    """What an augmenter makes: of each copy its text, its parts, and the parts of its original."""

    def make(method, **options):
        context = Context(out=tmp_path / method, task=TokenClassification(), threads=1)
        step = registry.step("augment", method)
        made = step(registry.options("augment", method, options), context).run(entity_dataset)
        rows = list(open_split(made, "train"))
        answers = {row["id"]: parts(row) for row in rows}
        return [
            (row["text"], parts(row), answers[row["parent"]])
            for row in rows
            if row["parent"] is not None
        ]

    return make


def parts(row):
    return [(kind, row["text"][start:end]) for start, end, kind in spans(row["label"])]


KNOWN = {"person": set(PEOPLE), "place": set(PLACES)}


@pytest.mark.parametrize("method", ["delete", "insert", "swap"])
def test_words_move_and_names_with_them(copies, method):
    found = copies(method, rate=0.3)
    assert len(found) > 100
    assert method == "swap" or any(own != theirs for _, own, theirs in found)
    assert all(name in KNOWN[kind] for _, own, _ in found for kind, name in own)


def test_names_are_replaced_by_names_of_their_type(copies):
    found = copies("mention", rate=1.0)
    assert 80 < len(found) < 150  # texts without a name have no copies
    for _, own, theirs in found:
        assert [kind for kind, _ in own] == [kind for kind, _ in theirs]
        assert all(name in KNOWN[kind] for kind, name in own)
        assert all(one != other for one, other in zip(own, theirs, strict=True))


def test_a_name_gives_way_to_every_other_one_as_often_and_never_to_itself():
    random = Random(0)
    drawn = Counter(other_than("boris", PEOPLE, random) for _ in range(2000))
    assert drawn == {name: pytest.approx(500, abs=75) for name in PEOPLE if name != "boris"}
    assert other_than("boris", ["boris"], random) == "boris"


def test_masked_and_mistyped_names_keep_their_type(copies):
    masked, typed = copies("mask", rate=0.4), copies("typos", rate=0.6)
    for found in (masked, typed):
        for _, own, theirs in found:
            assert [kind for kind, _ in own] == [kind for kind, _ in theirs]
    assert any(("person", "[MASK]") in own for _, own, _ in masked)
    assert any(own != theirs for _, own, theirs in typed)


def test_neighbours_of_words_leave_names_as_they_are(copies, make_entity_base):
    found = copies("neighbours", model=str(make_entity_base("bert")), candidates=3)
    assert found
    assert all(own == theirs for _, own, theirs in found)


@pytest.mark.parametrize("method", ["combine", "filter", "mix", "rewrite"])
def test_augmenters_that_would_lose_names_are_refused(registry, method):
    with pytest.raises(PluginError, match=f"augment {method} does not work for token-class"):
        registry.step("augment", method).check_task(None, TokenClassification())

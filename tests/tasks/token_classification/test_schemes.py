import pytest

from edgeft.errors import DataError
from edgeft.tasks.token_classification.schemes import chunks, unbegun


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", []),
        ("B-x I-x O B-x", [(0, 2, "x"), (3, 4, "x")]),
        ("B-x B-x", [(0, 1, "x"), (1, 2, "x")]),
        ("I-x I-x O I-y", [(0, 2, "x"), (3, 4, "y")]),
        ("B-x I-y", [(0, 1, "x"), (1, 2, "y")]),
        ("B-x I-x E-x S-y O", [(0, 3, "x"), (3, 4, "y")]),
        ("B-x L-x U-y", [(0, 2, "x"), (2, 3, "y")]),
        ("B-x M-x E-x", [(0, 3, "x")]),
        ("person person O place", [(0, 2, "person"), (3, 4, "place")]),
        ("B-creative-work I-creative-work", [(0, 2, "creative-work")]),
        ("B-人名 I-人名", [(0, 2, "人名")]),
    ],
)
def test_tags_of_every_scheme_spell_entities(tags, found):
    assert chunks(tags.split()) == found


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("M-theory M-theory O", [(0, 2, "M-theory")]),
        ("person O M-theory", [(0, 1, "person"), (2, 3, "M-theory")]),
        ("person O E-mail E-mail", [(0, 1, "person"), (2, 4, "E-mail")]),
        ("L-shape E-mail person", [(0, 1, "L-shape"), (1, 2, "E-mail"), (2, 3, "person")]),
        ("I-E-mail I-E-mail O", [(0, 2, "E-mail")]),
        ("B-S-bahn B-S-bahn O", [(0, 1, "S-bahn"), (1, 2, "S-bahn")]),
    ],
)
def test_what_looks_like_a_prefix_may_be_part_of_a_name(tags, found):
    assert chunks(tags.split()) == found


def test_types_alone_begin_nothing_whatever_they_are_called():
    assert unbegun(["person", "O", "E-mail", "M-theory"]) == (False, None)
    assert unbegun(["M-theory", "O"]) == (False, None)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["B-x", "S-x"], "tag 2 is 'S-x' after 'B-x', which cannot be"),
        (["O", "E-x"], "tag 2 is 'E-x' after 'O', which cannot be"),
        (["E-x"], "tag 1 is 'E-x' after the beginning, which cannot be"),
        (["S-x", "B-x"], "the tags end after 'B-x', which cannot be"),
        (["B-x", "E-y"], "tag 2 is 'E-y' after 'B-x', which cannot be"),
        (["B-x", "O", "S-x"], "tag 2 is 'O' after 'B-x', which cannot be"),
        (["O", 3], "tag 2 is 3, not a name"),
        (["O", None], "tag 2 is None, not a name"),
        (["O", "B"], "tag 2 is 'B', which names no type"),
        (["O", "B-"], "tag 2 is 'B-', which names no type"),
        (["B-x", "Q-x"], "tag 2 is 'Q-x', where other tags of the row begin with B-"),
        (["S-x", "Q-x"], "tag 2 is 'Q-x', where other tags of the row begin with B-"),
        (["M-x", "E-x"], "tag 1 is 'M-x' after the beginning, which cannot be"),
        (["person", "I-place"], "tag 1 is 'person', where other tags of the row begin with B-"),
    ],
)
def test_tags_that_spell_nothing_are_named(tags, message):
    with pytest.raises(DataError) as error:
        chunks(tags)
    assert message in error.value.message


@pytest.mark.parametrize("tags", [["E-mail"], ["person", "S-bahn"]])
def test_a_name_that_is_taken_for_a_prefix_is_refused_with_a_way_out(tags):
    with pytest.raises(DataError) as error:
        chunks(tags)
    assert error.value.hint.endswith("is the name of a type, write I-E-mail")

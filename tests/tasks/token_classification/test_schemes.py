import pytest

from edgeft.errors import DataError
from edgeft.tasks.token_classification.schemes import chunks


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
    ],
)
def test_tags_that_spell_nothing_are_named(tags, message):
    with pytest.raises(DataError) as error:
        chunks(tags)
    assert message in error.value.message

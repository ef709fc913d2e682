"""Several labels as people write them, and as numbers."""

import numpy as np
import pytest

from edgeft.errors import DataError
from edgeft.tasks.multi_label.labels import indicators, rarest, write


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (["b", "a", "a"], '["a", "b"]'),
        ("b|a", '["a", "b"]'),
        ("b; a", '["a", "b"]'),
        ("b, a", '["a", "b"]'),
        ("one label", '["one label"]'),
        ("a, b|c", '["a, b", "c"]'),
        ("a, b; c; d", '["a, b", "c", "d"]'),
        ("a; b|c, d", '["a; b", "c, d"]'),
        ('["a, b", "c"]', '["a, b", "c"]'),
        ("", "[]"),
        (None, "[]"),
        ([], "[]"),
        (7, '["7"]'),
        ("体育\uff0c政治", '["体育", "政治"]'),
        ("体育\u3001政治,经济", '["体育", "政治", "经济"]'),
        ("体育\uff1b政治", '["体育", "政治"]'),
        ("a\uff0cb\uff5cc", '["a\uff0cb", "c"]'),
        ('["文化\u3001体育"]', '["文化\u3001体育"]'),
        ("标签|étiquette", '["étiquette", "标签"]'),
    ],
)
def test_labels_are_written_in_one_way(given: object, written: str) -> None:
    assert write(given) == written


@pytest.mark.parametrize("given", [{"a": 1}, [["a"]], [1.5], 0.5])
def test_what_is_no_list_of_names_is_refused(given: object) -> None:
    with pytest.raises(DataError, match="not a list of names"):
        write(given)


def test_a_broken_list_is_refused() -> None:
    with pytest.raises(DataError, match="look like a JSON list"):
        write('["a", ')


def test_rows_without_an_answer_are_no_rows_without_labels() -> None:
    found = indicators(['["b"]', "[]", None], ["a", "b"])
    np.testing.assert_array_equal(found, [[0, 1], [0, 0], [np.nan, np.nan]])


def test_a_split_goes_by_the_rarest_label_of_a_row() -> None:
    answers = ['["a"]', '["a"]', '["a", "b"]', "[]"]
    assert rarest(answers, ["a", "b"]).tolist() == [0, 0, 1, 2]

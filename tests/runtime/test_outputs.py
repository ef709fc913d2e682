"""What models say of rows, chosen by column and by row."""

import numpy as np

from edgeft.runtime.outputs import Outputs, items_of

WHOLE = Outputs(np.arange(6, dtype=np.float32).reshape(3, 2))
UNITS = Outputs(
    np.arange(8, dtype=np.float32).reshape(4, 2),
    np.array([0, 2, 2, 4]),
    np.array([[0, 1], [2, 3], [0, 2], [3, 6]], np.int32),
)


def test_rows_are_counted_whether_they_have_items_or_not() -> None:
    assert len(WHOLE) == 3
    assert len(UNITS) == 3


def test_columns_are_taken_in_the_order_asked_for() -> None:
    assert WHOLE.columns([1, 0]).values.tolist() == [[1, 0], [3, 2], [5, 4]]


def test_columns_that_a_model_lacks_are_minus_infinity() -> None:
    found = WHOLE.spread([2, 0], 3).values
    assert found[:, [2, 0]].tolist() == WHOLE.values.tolist()
    assert np.isneginf(found[:, 1]).all()


def test_chosen_rows_bring_their_items_along() -> None:
    found = UNITS.rows(np.array([2, 1, 0]))
    assert found.values.tolist() == [[4, 5], [6, 7], [0, 1], [2, 3]]
    assert found.starts.tolist() == [0, 2, 2, 4]
    assert found.spans.tolist() == [[0, 2], [3, 6], [0, 1], [2, 3]]
    assert WHOLE.rows(np.array([1])).values.tolist() == [[2, 3]]


def test_items_of_rows_are_numbered_one_row_after_another() -> None:
    assert items_of(np.array([0, 2, 2, 5]), np.array([2, 0, 1])).tolist() == [2, 3, 4, 0, 1]
    assert items_of(np.array([0]), np.array([], int)).tolist() == []

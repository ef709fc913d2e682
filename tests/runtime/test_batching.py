"""Batches by length, and windows of an endless iterable."""

from itertools import count, islice

import numpy as np

from edgeft.runtime.batching import batches, windows


def test_every_text_is_in_one_batch() -> None:
    lengths = [5, 3, 90, 4, 3, 17, 88]
    found = np.concatenate(batches(lengths, rows=2))
    assert sorted(found.tolist()) == list(range(len(lengths)))


def test_batches_are_of_like_length_longest_first() -> None:
    found = batches([5, 90, 4, 88], rows=2)
    assert [batch.tolist() for batch in found] == [[1, 3], [0, 2]]


def test_rows_that_are_much_shorter_start_a_batch_of_their_own() -> None:
    found = batches([50, 48, 41, 39, 12, 11, 4, 3, 2], rows=32)
    assert [batch.tolist() for batch in found] == [[0, 1, 2], [3], [4, 5], [6, 7, 8]]


def test_a_batch_has_at_most_so_many_rows() -> None:
    assert [len(batch) for batch in batches([7] * 10, rows=4)] == [4, 4, 2]


def test_a_batch_has_at_most_so_many_padded_tokens() -> None:
    lengths = [100, 60, 60, 10, 10, 10]
    for batch in batches(lengths, rows=32, tokens=120):
        assert len(batch) * max(lengths[row] for row in batch) <= 120 or len(batch) == 1


def test_a_row_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert [len(batch) for batch in batches([5000, 10], rows=32, tokens=100)] == [1, 1]


def test_no_texts_are_no_batches() -> None:
    assert batches([], rows=32) == []


def test_texts_without_tokens_make_a_batch() -> None:
    assert [len(batch) for batch in batches([0, 0], rows=32)] == [2]


def test_windows_take_no_more_than_they_need_from_an_endless_iterable() -> None:
    numbers = count()
    first = next(windows((str(n) for n in numbers), most=3))
    assert first == ["0", "1", "2"]
    assert next(numbers) == 3


def test_windows_keep_order_and_lose_nothing() -> None:
    texts = [str(n) for n in range(10)]
    assert [text for window in windows(texts, most=3) for text in window] == texts


def test_a_window_ends_when_it_holds_enough_characters() -> None:
    found = list(islice(windows(["aaa", "bbb", "c"], characters=6), 2))
    assert found == [["aaa", "bbb"], ["c"]]

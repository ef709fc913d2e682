"""What a source's rows become, how they are split, and what a batch has together."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import Columns, DataSource
from edgeft.data.likeness import Likeness
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.data.splitting import joined, united
from edgeft.errors import DataError
from edgeft.tasks import Task
from edgeft.tasks.supervised_embeddings import (
    EmbeddingsFromLabels,
    EmbeddingsFromPairs,
    EmbeddingsFromScores,
)
from edgeft.training.sampling import ByLength, beside_mates

PAIRS, LABELS, SCORES = EmbeddingsFromPairs(), EmbeddingsFromLabels(), EmbeddingsFromScores()
TRIPLET = {"text": "a", "pair": "b", "negative": "c"}


def written(task: Task, **values: Any) -> list[tuple[str, str | None]]:
    return [(text, answer) for text, _, answer in task.write_rows(7, values)]


def test_a_pair_becomes_two_rows_that_say_what_they_are() -> None:
    one, other = written(PAIRS, text="a", pair="b")
    assert (one[0], other[0]) == ("a", "b")
    assert str(one[1]).startswith("7 text ")
    assert str(other[1]).startswith("7 pair ")


@pytest.mark.parametrize(
    ("negative", "texts"),
    [("c", "abc"), (["c", "d"], "abcd"), ("", "ab"), (None, "ab"), ("  ", "ab"), ([], "ab")],
)
def test_negatives_are_one_or_several_or_none(negative, texts) -> None:
    found = written(PAIRS, text="a", pair="b", negative=negative)
    assert "".join(text for text, _ in found) == texts
    assert all(str(answer).startswith("7 negative ") for _, answer in found[2:])


def test_half_a_character_is_refused_by_its_line(tmp_path) -> None:
    rows = [{"text": f"a {number}", "pair": f"b {number}"} for number in range(8)]
    for role in ("text", "pair"):
        broken = [*rows, {**rows[0], role: "\ud83d half"}]
        (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, broken)))
        context = Context(out=tmp_path / "data", task=PAIRS, force=True)
        source = DataSource(train=str(tmp_path / "rows.jsonl"))
        with pytest.raises(DataError, match=r"line 9.*half of a surrogate pair"):
            prepare(source, PAIRS, context, find=lambda name: None)
        skipping = DataSource(train=str(tmp_path / "rows.jsonl"), skip_bad_rows=True)
        prepare(skipping, PAIRS, context, find=lambda name: None)


def test_a_negative_that_is_no_text_is_refused() -> None:
    with pytest.raises(DataError, match="the negative is 3, not a string"):
        PAIRS.write_rows(7, {"text": "a", "pair": "b", "negative": [3]})


@pytest.mark.parametrize("task", [PAIRS, SCORES])
def test_an_empty_partner_is_refused_and_an_empty_text_left_out(task) -> None:
    with pytest.raises(DataError, match="the second text is empty"):
        task.write_rows(7, {"text": "a", "pair": " ", "label": 1})
    assert task.write_rows(7, {"text": " ", "pair": "b", "label": 1}) == []


def test_a_scored_pair_has_its_score_in_both_rows() -> None:
    assert written(SCORES, text="a", pair="b", label="0.80") == [
        ("a", "7 text 0.8"),
        ("b", "7 pair 0.8"),
    ]
    with pytest.raises(DataError, match="the score is 'much', not a number"):
        SCORES.write_rows(7, {"text": "a", "pair": "b", "label": "much"})


def test_an_unlabelled_text_is_a_row_without_an_answer() -> None:
    for task in (PAIRS, LABELS, SCORES):
        assert task.write_rows(7, {"text": "a"}) == [("a", None, None)]


def test_pairs_of_one_score_and_texts_of_one_label_teach_nothing() -> None:
    with pytest.raises(DataError, match=r"every row has the score 0\.5"):
        SCORES.check_answers(["1 pair 0.5", "1 text 0.5", "2 text 0.5"], [])
    with pytest.raises(DataError, match="every row has the label 'a'"):
        LABELS.check_answers(["a"], [])


def test_pairs_are_alike_by_their_first_texts_or_by_both_in_either_order() -> None:
    # pairs: (1, 9), (1, 8), (2, 9), (3, 4), (4, 3), (9, 5)
    alike = np.array([1, 9, 1, 8, 2, 9, 3, 4, 4, 3, 9, 5])
    together = np.repeat([10, 11, 12, 13, 14, 15], 2)
    found = joined(alike, together)[::2]
    groups = [sorted(np.flatnonzero(found == each).tolist()) for each in np.unique(found)]
    assert sorted(groups) == [[0, 1], [2], [3, 4], [5]]


def test_a_row_alone_is_alike_to_its_likes() -> None:
    alike = np.array([3, 3, 5])
    found = united(Likeness(alike, alike), np.array([0, 1, 2]))
    assert found.exact[0] == found.exact[1] != found.exact[2]


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """100 questions with one of 5 answers, 20 of them held out for each split."""
    chooser = random.Random(0)
    words = ["card", "chip", "cash", "machine", "transfer", "account", "payee", "coins", "iban"]
    rows = [
        {
            "text": f"{' '.join(chooser.sample(words, 4))} {chooser.choice(words)} {number % 7}",
            "pair": f"answer number {number % 5}",
            "negative": f"answer number {(number + 1) % 5}",
        }
        for number in range(100)
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in rows), encoding="utf-8")
    source = DataSource(
        train=str(path),
        test_size=0.2,
        validation_size=0.2,
        columns=Columns(negative="negative"),
    )
    context = Context(out=tmp_path / "data", task=PAIRS, find_model=Path)
    return prepare(source, PAIRS, context, find=lambda name: None)


def test_a_split_has_whole_pairs_and_an_answer_may_stand_in_all_of_them(data) -> None:
    texts = {}
    for split in data.splits:
        rows = open_split(data, split)
        truth = PAIRS.truth(list(rows["label"]), [])
        assert (np.bincount(truth[:, 0])[np.unique(truth[:, 0])] == 3).all()
        assert truth[:, 1].tolist() == [0, 1, 2] * (len(rows) // 3)
        texts[split] = {text for text in rows["text"] if not text.startswith("answer")}
    assert {split: rows // 3 for split, rows in data.manifest.rows.items()}["test"] in range(15, 26)
    assert not texts["train"] & texts["test"]


def test_answers_that_stand_in_several_splits_are_no_leak(data) -> None:
    assert data.manifest.summary["overlap"]["test"] == {"exact": 0, "near": 0}
    assert data.manifest.summary["conflicting"] == 0


def test_mates_follow_the_first_of_them() -> None:
    order = np.array([5, 0, 3, 1, 4, 2])
    groups = np.array([7, 8, 7, 8, -1, -1])
    assert beside_mates(order, groups, 9).tolist() == [5, 0, 2, 3, 1, 4]
    assert beside_mates(order, groups, 1).tolist() == order.tolist()


def test_of_a_large_group_some_follow_each_other() -> None:
    order = np.array([0, 5, 1, 6, 2, 7, 3, 4])
    groups = np.array([0, 0, 0, 0, 0, 1, 2, 3])
    assert beside_mates(order, groups, 2).tolist() == [0, 1, 5, 6, 2, 3, 7, 4]


@pytest.mark.parametrize("rows", [2, 7, 100, 601])
def test_every_row_comes_once_and_pairs_are_parted_at_edges_of_batches_alone(rows: int) -> None:
    lengths = np.random.default_rng(0).integers(3, 60, rows)
    groups = np.arange(rows) // 2
    order = list(ByLength(lengths, 8, 0, (groups, rows)))
    assert sorted(order) == list(range(rows))
    batch_of = {row: place // 8 for place, row in enumerate(order)}
    parted = sum(batch_of[row] != batch_of[row + 1] for row in range(0, rows - 1, 2))
    assert parted <= rows // 8  # one at each edge of a batch at most

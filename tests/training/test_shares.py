"""Rows that are each label to some share are learnt so, beside rows that are of one label."""

from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pytest
import torch
from torch.nn import functional

from edgeft.data.rows import SCHEMA
from edgeft.errors import DataError
from edgeft.tasks import UNLABELLED
from edgeft.training.loop import cross_entropy
from edgeft.training.shares import shares_of, soft_cross_entropy, soft_extras, with_shares

LABELS = ["a", "b", "c"]


def rows(*soft: list[float] | None) -> datasets.Dataset:
    """Rows of the label b, each with what a teacher says of it, or without."""
    made: list[dict[str, Any]] = [
        {"id": number, "text": f"text {number}", "label": "b", "soft": each}
        for number, each in enumerate(soft)
    ]
    return datasets.Dataset(pa.Table.from_pylist(made, SCHEMA))


def test_rows_are_what_a_teacher_says_or_else_their_label() -> None:
    found = shares_of(rows([0.5, 0.25, 0.25], None, [0, 0, 1]), LABELS)
    assert found.tolist() == [[0.5, 0.25, 0.25], [0, 1, 0], [0, 0, 1]]


def test_a_batch_finds_the_shares_of_its_rows_at_their_labels() -> None:
    given = rows(None, [0.5, 0.25, 0.25], None, [0, 0, 1]).select([3, 0, 1])
    extras = soft_extras(given, ["c", "new", "a", "b"], LABELS)
    assert extras is not None
    batch = extras(np.asarray([2, 1, 0, 2]))
    assert batch["soft"].tolist() == [True, False, True, True]
    assert batch["shares"][[0, 2]].tolist() == [[0.25, 0, 0.5, 0.25], [1, 0, 0, 0]]


def test_rows_that_no_teacher_was_asked_about_have_none() -> None:
    assert soft_extras(rows(None, None), LABELS) is None
    assert soft_extras(rows([1, 0, 0]).select_columns(["text"]), LABELS) is None


def test_shares_of_other_labels_are_refused() -> None:
    with pytest.raises(DataError, match="row 1 has 2 soft labels, and there are 3 labels"):
        soft_extras(rows(None, [0.5, 0.5]), LABELS)


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return {
        "labels": torch.tensor([0, 1, UNLABELLED, 2]),
        "soft": torch.tensor([False, True, True, False]),
        "shares": torch.tensor([[0, 0, 0], [0.2, 0.5, 0.3], [1, 0, 0], [0, 0, 0]]),
        "weights": torch.tensor([1.0, 0.5, 1.0, 2.0]),
    }


def test_the_loss_is_the_mean_over_both_kinds_of_rows(batch: dict[str, torch.Tensor]) -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    whole = functional.one_hot(torch.tensor([0, 0, 0, 2]), 3).float()
    whole[1] = batch["shares"][1]
    wanted = soft_cross_entropy(logits, {"shares": whole, "weights": batch["weights"]})
    torch.testing.assert_close(with_shares(cross_entropy)(logits, batch), wanted)


def test_a_batch_of_one_kind_alone_is_learnt_too(batch: dict[str, torch.Tensor]) -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    for kind in (True, False):
        rows_of = batch["soft"] == kind
        part = {name: tensor[rows_of] for name, tensor in batch.items()}
        wanted = (soft_cross_entropy if kind else cross_entropy)(logits[rows_of], part)
        torch.testing.assert_close(with_shares(cross_entropy)(logits[rows_of], part), wanted)

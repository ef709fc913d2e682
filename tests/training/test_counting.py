"""What texts are made of is counted in those that the model is for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.training.counting import WHOLE, counted
from edgeft.training.encoding import load_tokenizer


@pytest.mark.parametrize(
    ("max_length", "pool", "corpora", "goals"),
    [(WHOLE, True, [], 5), (WHOLE, False, [], 2), (4, True, [], 4), (4, True, ["goal " * 9], 13)],
)
def test_originals_and_the_pool_count_as_far_as_they_are_read_and_corpora_whole(
    max_length: int,
    pool: bool,
    corpora: list[str],
    goals: int,
    make_data: Callable[..., Dataset],
    make_base: Callable[[str], Path],
    make_context: Callable[..., Context],
) -> None:
    def row(number: int, text: str, label: str | None, parent: int | None = None) -> dict:
        return {"id": number, "text": text, "label": label, "parent": parent}

    data = make_data(
        ["sport"],
        train=[row(0, "goal goal", "sport"), row(1, "goal goal goal", "sport", parent=0)],
        unlabelled=[row(2, "goal goal goal", None)],
    )
    tokenizer = load_tokenizer(make_base("bert"))
    counts = counted(
        tokenizer,
        data,
        make_context(),
        max_length=max_length,
        use_unlabelled=pool,
        corpora=corpora,
    )
    assert counts.shape == (len(tokenizer),)
    assert counts[tokenizer.convert_tokens_to_ids("goal")] == goals
    texts = 1 + pool + len(corpora)
    assert counts[tokenizer.cls_token_id] == counts[tokenizer.sep_token_id] == texts

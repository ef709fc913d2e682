"""Which tokens the texts of a dataset are made of."""

from collections.abc import Iterable
from functools import partial
from itertools import chain

import numpy as np
from transformers import PreTrainedTokenizerFast

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import every_text, has_value, open_split, originals
from edgeft.training.tokenizing import token_counts

WHOLE = 2**31 - 1
"""a length that cuts no text"""


def counted(
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    context: Context,
    *,
    max_length: int = WHOLE,
    use_unlabelled: bool = True,
    corpora: Iterable[str] = (),
) -> np.ndarray:
    """How often each token occurs in training texts, those without labels and corpora.

    Returns int64 (token ids,). What is no corpus is cut to `max_length`, unless the task reads
    longer texts in windows. Copies do not count: words that somebody put there are no words that
    the texts need.
    """
    splits = ["train", *(["unlabelled"] if use_unlabelled else [])]
    rows = [originals(open_split(data, split)) for split in splits if split in data.splits]
    total = sum(len(each) + int(has_value(each, "pair").sum()) for each in rows)
    length = WHOLE if context.task.per_token else max_length
    with context.progress.bar("counting tokens", total, "texts") as bar:
        count = partial(token_counts, tokenizer=tokenizer, marks=context.task.marks, bar=bar)
        read = count(chain.from_iterable(map(every_text, rows)), max_length=length)
        found: np.ndarray = read + count(corpora, max_length=WHOLE)
    return found

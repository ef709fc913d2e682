"""Gives a checkpoint a smaller vocabulary, and measures what texts look like in it."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.data.rows import every_text, open_split
from edgeft.data.texts import read_texts
from edgeft.plugin import Checkpoint, Dataset
from edgeft.surgery.pieces import Pieces
from edgeft.surgery.scripts import ALWAYS, same_scripts
from edgeft.surgery.vocabulary import (
    special_ids,
    tokens_to_keep,
    with_fewer_tokens,
    with_positions,
    with_token_rows,
)
from edgeft.training.counting import counted
from edgeft.training.tokenizing import chunks
from edgeft_prune.finishing import pruning

if TYPE_CHECKING:
    from edgeft_prune import Vocabulary

RESERVE, RESERVE_OF_NAMES = 500, 20_000
"""tokens that no text has, but are kept: for whole texts, and for tasks that answer word by word"""


def prune(step: "Vocabulary", checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
    """Write the checkpoint with the tokens to keep, and what they cover of the validation texts."""
    options = step.options
    with pruning(step, checkpoint, data) as job:
        tokenizer, length = job.tokenizer, job.max_length
        usual = RESERVE_OF_NAMES if step.context.task.per_token else RESERVE
        counts = counted(
            tokenizer,
            data,
            step.context,
            max_length=length,
            use_unlabelled=options.use_unlabelled,
            corpora=chain.from_iterable(read_texts(path) for path in options.corpora),
        )
        kept = tokens_to_keep(
            tokenizer,
            counts,
            reserve=usual if options.reserve is None else options.reserve,
            size=options.size,
            alphabet=alphabet(tokenizer, counts, options.characters),
            also=fixed_ids(job.model, tokenizer),
        )
        small = with_fewer_tokens(tokenizer, kept)
        job.draft.figures |= {
            "vocabulary": len(kept),
            "vocabulary_of": len(tokenizer),
            "tokens_in_texts": int((counts > 0).sum()),
        }
        for name, each in (("", small), ("_of", tokenizer)):
            found = coverage(each, every_text(open_split(data, "validation")))
            job.draft.figures |= {f"{key}{name}": value for key, value in found.items()}
        model = with_token_rows(job.model, kept)
        job.finish(with_positions(model, length) if options.positions else model, small)
    return job.draft.artifact


def alphabet(
    tokenizer: PreTrainedTokenizerFast, counts: np.ndarray, characters: str
) -> set[str] | None:
    """The characters to keep, for tokens that occur `counts` (token ids,) times; None for all."""
    if characters == "all":
        return None
    pieces = Pieces.of(tokenizer.backend_tokenizer)
    seen = pieces.alphabet(np.flatnonzero(counts).tolist())
    if characters == "seen":
        return seen | ALWAYS
    return same_scripts(seen, pieces.alphabet(pieces.own.values()))


def fixed_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Iterator[int]:
    """The ids that the model names itself; those up to the padding where it shifts positions."""
    known = set(tokenizer.get_vocab().values())
    for found in special_ids(model.config).values():
        yield from (
            each for each in (found if isinstance(found, list) else [found]) if each in known
        )
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and module.padding_idx is not None:
            yield from (each for each in range(module.padding_idx) if each in known)


def coverage(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> dict[str, Any]:
    """How texts look in a vocabulary: the share of unknown tokens, and the tokens of a text."""
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    unknown = Pieces.of(backend).unknown
    rows = tokens = missing = 0
    for chunk in chunks(texts):
        for each in backend.encode_batch_fast(chunk, add_special_tokens=False):
            tokens += len(each.ids)
            missing += each.ids.count(unknown)
        rows += len(chunk)
    return {
        "unknown_rate": missing / max(1, tokens),
        "tokens_per_text": round(tokens / max(1, rows), 2),
    }

"""Makes a classifier of a masked language model, a pattern, and words that stand for labels.

(PET: Schick and Schuetze 2021, https://arxiv.org/abs/2001.07676) The pattern becomes a part of the
tokenizer, and of the language model's head only the rows of the labels' words stay.
"""

import re
from pathlib import Path
from typing import Any

import datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.data.rows import label_indices, labelled, open_split
from edgeft.evaluation.checkpoints import model_logits
from edgeft.plugin import Context, DataError, Dataset, ModelError
from edgeft.runtime.naming import readable
from edgeft.runtime.outputs import Outputs
from edgeft.training.batches import Batches
from edgeft.training.encoding import load_tokenizer, texts_of
from edgeft.training.lm_heads import Words, at_place, load_masked, taken_over
from edgeft.training.loop import pick_max_length, save_checkpoint, train
from edgeft.training.machine import set_threads
from edgeft.training.tokenizing import encode
from edgeft_prompt import ClozeOptions
from edgeft_prompt.framing import check_frame, check_room, frame_of, framed, unlimited

PROVED = 8
"""texts on which the classifier is compared with the language model that it is made of"""


def finetune(
    draft: Any, base: Path, data: Dataset, options: ClozeOptions, context: Context
) -> None:
    """Make a cloze classifier of `base` for the labels of `data`, train it, and write it.

    Raises ModelError for a model without a masked-language-model head, before anything is trained.
    """
    set_seed(context.seed)
    masked, plain = load_masked(base), load_tokenizer(base)
    words = words_of(plain, data.labels, options)
    tokenizer, place = with_pattern(plain, options.pattern)
    rows, held_out = labelled(open_split(data, "train")), open_split(data, "validation")
    max_length = pick_max_length(masked.model, tokenizer, rows, options.max_length, context.seed)
    check_room(frame_of(tokenizer), max_length)
    texts = rows.select(range(min(PROVED, len(rows))))["text"][:]
    batches = Batches(encode(texts, tokenizer, max_length), tokenizer.pad_token_id)
    batch, read = batches(range(len(texts))), at_place(place)
    model = taken_over(masked, words, data.labels, batch, read, cloze_place=place)
    untrained = scored(model, tokenizer, held_out, max_length, data.labels, context)
    figures: dict[str, Any] = {"validation": untrained, "max_length": max_length}
    if options.epochs:
        trained = train(
            model,
            tokenizer,
            rows,
            held_out,
            task=context.task,
            labels=data.labels,
            options=options.model_copy(update={"max_length": max_length}),
            context=context,
        )
        figures = trained.figures
    save_checkpoint(draft, model, tokenizer, max_length, data.labels)
    check_frame(draft.path, tokenizer)
    draft.figures = figures | {"untrained": untrained}


def scored(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: datasets.Dataset,
    max_length: int,
    labels: list[str],
    context: Context,
) -> dict[str, float]:
    """The task's metrics of a model as it is."""
    set_threads(context.threads)
    logits = model_logits(model, tokenizer, list(texts_of(rows)), max_length)
    return context.task.score(label_indices(rows, labels), Outputs(logits), labels).metrics


def words_of(tokenizer: PreTrainedTokenizerFast, labels: list[str], options: ClozeOptions) -> Words:
    """The words of each label as token ids: those that were given, or the label's name.

    Raises DataError for words of what is no label, for a word that the tokenizer cannot spell, and
    for two labels with the same words.
    """
    unknown = sorted(set(options.words) - set(labels))
    if unknown:
        raise DataError(
            f"words names {unknown[0]!r}, which is not among the labels",
            hint=f"known: {', '.join(labels[:10])}",
        )
    before = options.pattern.partition("{mask}")[0]
    space = " " if before[-1:].isspace() else ""
    found: dict[str, list[list[int]]] = {}
    for label in labels:
        words = options.words.get(label) or [readable(label)]
        rows = [tokenizer(space + word, add_special_tokens=False)["input_ids"] for word in words]
        for word, ids in zip(words, rows, strict=True):
            if not ids or tokenizer.unk_token_id in ids:
                raise DataError(
                    f"the tokenizer cannot spell {word!r}, a word of the label {label!r}",
                    hint="give it other words in `words`",
                )
        twin = next((name for name, other in found.items() if other == rows), None)
        if twin is not None:
            raise DataError(
                f"the labels {twin!r} and {label!r} have the same words",
                hint="give them words of their own in `words`",
            )
        found[label] = rows
    return list(found.values())


def with_pattern(
    tokenizer: PreTrainedTokenizerFast, pattern: str
) -> tuple[PreTrainedTokenizerFast, int]:
    """A tokenizer that puts a pattern around every text, and the place of the mask.

    The place counts from the first token, or where the mask comes after the text it is negative and
    counts back from the end. Raises ModelError for a tokenizer without a mask, or that pads at the
    left.
    """
    if tokenizer.mask_token_id is None:
        raise ModelError(
            "the tokenizer has no mask token", hint="take a masked language model, such as BERT"
        )
    if tokenizer.padding_side != "right":
        raise ModelError(
            "the tokenizer pads at the left, and a mask is counted from the other side",
            hint="take an encoder, such as BERT or RoBERTa",
        )
    lead, _, tail = pattern.partition("{text}")
    before, after = (ids_of(tokenizer, part) for part in (lead, tail))
    frame = frame_of(tokenizer)
    made = framed(tokenizer, before, after, unlimited(tokenizer))
    if "{mask}" in lead:
        return made, len(frame.before) + before.index(tokenizer.mask_token_id)
    back = len(after) - after.index(tokenizer.mask_token_id)
    return made, -(back + len(frame.after))


def ids_of(tokenizer: PreTrainedTokenizerFast, part: str) -> list[int]:
    """The token ids of a part of a pattern: its words, and the mask where it is named."""
    found: list[int] = []
    for piece in re.split(r"(\{mask\})", part):
        if piece == "{mask}":
            found.append(tokenizer.mask_token_id)
        elif piece.strip():
            found += tokenizer(piece.rstrip(), add_special_tokens=False)["input_ids"]
    return found

"""Copies that a causal language model writes: of each text, or new ones of each label.

Of each label's texts some are shown, as in GPT3Mix (Yoo et al. 2021,
https://arxiv.org/abs/2104.08826), without its soft labels: `filter` behind it takes out texts whose
label a model doubts, and a student learns its teacher's answers.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import datasets
import numpy as np

from edgeft.data.copies import (
    Copies,
    Row,
    add,
    batches_of,
    in_one_line,
    split_keys,
)
from edgeft.data.kept import hash_of, kept_by
from edgeft.data.rows import is_copy, labelled, open_split, originals
from edgeft.plugin import Augmenter, Context, Dataset
from edgeft.progress import Bar
from edgeft.runtime.naming import readable
from edgeft_generate import Generate, Paraphrase
from edgeft_generate.asking import Answer, Asking, Question, Writer
from edgeft_generate.identity import content
from edgeft_generate.options import GenerateOptions, ParaphraseOptions, WriterOptions
from edgeft_generate.reading import texts_in
from edgeft_generate.sieve import Sieve


def texts_of(
    answer: Answer, instruction: str, most: int, own: list[Row], sieve: Sieve
) -> list[str]:
    """At most so many texts of an answer; one that gives none is counted.

    An answer that was cut off before it had said so many is truncated, and the text that it broke
    off is left out.
    """
    if not answer.text.strip():
        sieve.counted["empty"] += 1
        return []
    about = "\n".join(row["text"] for row in own)
    found = texts_in(answer.text, instruction, about=about, cut=answer.cut)[:most]
    if answer.cut and len(found) < most:
        sieve.counted["truncated"] += 1
    elif not found:
        sieve.counted["unparseable"] += 1
    return found


def paraphrase(step: Paraphrase, data: Dataset) -> Dataset:
    """Write `data` with copies that say the training texts in other words."""
    options = step.options
    asking = asking_of(options, step.context)
    sieve, known = Sieve(), split_keys(open_split(data, "train"))
    instruction = filled(options.prompt, text="", label="", copies=options.copies)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        bar.advance(int(is_copy(train).sum()))
        for answer, row in asking.answered(lambda: rewordings(train, options), bar):
            found = texts_of(answer, instruction, options.copies, [row], sieve)
            for text in sieve.new(found, [row], known):
                yield {**row, "text": text, "parent": row["id"]}

    return written(step, data, copies, asking, sieve)


def rewordings(
    train: datasets.Dataset, options: ParaphraseOptions
) -> Iterator[tuple[Question, Row]]:
    """What is asked for each original, with its row.

    Rows of two texts may share the first: they are asked for one after another, and each gets an
    answer of its own. Rows of one text that are the same are one question.
    """
    times: Counter[int] = Counter()
    for batch in batches_of(train):
        for row in batch:
            if row["parent"] is not None:
                continue
            text, label = in_one_line(row["text"]), readable(row["label"] or "")
            prompt = filled(options.prompt, text=text, label=label, copies=options.copies)
            if row["pair"] is None:
                yield Question(prompt), row
            else:
                same = hash_of(prompt)
                yield Question(prompt, times[same]), row
                times[same] += 1


def generate(step: Generate, data: Dataset) -> Dataset:
    """Write `data` with new texts of every label, each naming one of those shown as its parent."""
    options = step.options
    asking = asking_of(options, step.context)
    sieve, known = Sieve(), split_keys(open_split(data, "train"))
    instruction = filled(options.prompt, label="", texts="", count=options.per_request)
    requests = math.ceil(options.per_label / options.per_request)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        def asked() -> Iterator[tuple[Question, tuple[list[Row], int]]]:
            return questions(train, data.labels, options, step.context.seed)

        for answer, (shown, count) in asking.answered(asked, bar):
            found = texts_of(answer, instruction, count, shown, sieve)
            for place, text in enumerate(sieve.new(found, shown, known)):
                parent = shown[place % len(shown)]
                yield {**parent, "text": text, "parent": parent["id"]}

    return written(step, data, copies, asking, sieve, total=requests * len(data.labels))


def questions(
    train: datasets.Dataset, labels: list[str], options: GenerateOptions, seed: int
) -> Iterator[tuple[Question, tuple[list[Row], int]]]:
    """What is asked for each label, with the rows that are shown and how many texts are wanted."""
    random = np.random.default_rng(seed)
    own = labelled(originals(train))
    names = np.asarray(own["label"])
    for label in labels:
        places = np.flatnonzero(names == label)
        if not len(places):
            continue
        for number, start in enumerate(range(0, options.per_label, options.per_request)):
            count = min(options.per_request, options.per_label - start)
            drawn = random.choice(places, min(options.shown, len(places)), replace=False)
            shown = [own[int(place)] for place in drawn]
            texts = "\n".join(f"- {in_one_line(row['text'])}" for row in shown)
            prompt = filled(options.prompt, label=readable(label), texts=texts, count=count)
            yield Question(prompt, number), (shown, count)


def filled(prompt: str, **fields: Any) -> str:
    """A prompt with its fields."""
    return prompt.format(**fields)


def asking_of(options: WriterOptions, context: Context) -> Asking:
    """Whoever the options name, with what was answered before to what is asked the same way."""
    heat = {"temperature": options.temperature, "top_p": options.top_p}
    asks: dict[str, Any] = {**heat, "max_tokens": options.max_tokens, "seed": context.seed}
    if options.url:
        asks |= {"url": options.url, "server_model": options.server_model, "body": options.body}
    else:
        asks["model"] = content(context.find_model(options.source), options.gguf_file)
    return Asking(options, kept_by(context, "written", **asks), opens(options, context))


def opens(options: WriterOptions, context: Context) -> Callable[[], Writer]:
    """What opens the writer, for nobody waits for a model that has nothing to write."""

    def writer() -> Writer:
        if options.url:
            from edgeft_generate.server import Server

            return Server(options, context.seed)
        from edgeft_generate.local import Local

        return Local(context.find_model(options.source), options, context)

    return writer


def written(
    step: Augmenter[Any],
    data: Dataset,
    copies: Copies,
    asking: Asking,
    sieve: Sieve,
    *,
    total: int | None = None,
) -> Dataset:
    """Write `data` with the copies, count what was asked and left out, and say it."""
    figures: dict[str, Any] = {}

    def counting(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        yield from copies(train, bar)
        figures.update({**asking.figures(), **sieve.counted})

    made = add(step, data, counting, figures=figures, total=total)
    added = made.manifest.history[-1].figures["added"]
    step.context.progress.note(f"{step.name}: {said(asking, sieve, added)}")
    return made


def said(asking: Asking, sieve: Sieve, added: int) -> str:
    """One sentence of what was asked, what came of it, and what was left out."""
    figures = asking.figures()
    cost = f", costs {figures['cost']:.4g}" if "cost" in figures else ""
    ended = f"; ended by {asking.ended}" if asking.ended else ""
    if asking.options.dry_run:
        return (
            f"a dry run; {figures['requests']:,} requests would be sent, {figures['kept']:,} are"
            f" answered already; at most {figures['tokens_in']:,} tokens would be read and"
            f" {figures['tokens_out']:,} written{cost.replace('costs', 'which costs')}{ended}"
        )
    lost = sieve.lost()
    most = asking.options.max_tokens
    limit = f" (max_tokens is {most})" if sieve.counted["truncated"] else ""
    return (
        f"{figures['requests']:,} requests and {figures['kept']:,} answers kept from before gave"
        f" {added:,} copies{cost.replace('costs', 'for')}"
        f"{'; left out: ' + lost + limit if lost else ''}{ended}"
    )

"""Each label in turn with ten texts among full ones: what a frozen encoder's head makes of it.

    python benchmarks/every_rare_label.py --train train.csv --test test.csv

No draw of labels can flatter these figures, for it is all of them. The encoder is frozen, so every
text is read once; the head is fitted anew for each rare label as `finetune: probe` fits it, and
`logit_adjustment` is taken off the same fit. Which labels' recall could be doubled is told by
training texts that were taken from the rare label, which no head has seen: a choice by test texts
would make the gain look larger than it is. Writes results/every_rare_label.json after every label,
and leaves out what stands there already.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from labelled import TASK, parser_of_files, read_rows
from recording import kept_runs, record

from edgeft.architectures import trained_pooling
from edgeft.context import Context
from edgeft.probing import HeadOptions
from edgeft.probing.heads import Examples
from edgeft.probing.probe import Reader, examples_of, probe_of
from edgeft.registry import load_plugins
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import pick_max_length
from edgeft_finetune.balance import counted, log_frequencies

NAME = "every_rare_label"
ADJUSTMENTS = (0.0, 1.0, 1.5)
HALF = 0.5
"""a recall that can be doubled is not above it"""


def main() -> None:
    parser = parser_of_files(__doc__)
    parser.add_argument("--texts", type=int, default=10, help="of the rare label")
    asked = parser.parse_args()
    labels, all_of_them, texts, answers = read(asked.base, asked.train, asked.test, asked.label)
    runs = kept_runs(NAME)
    for rare, label in enumerate(labels):
        if label in {run["rare"] for run in runs}:
            continue
        runs.append({"rare": label, **judged(rare, all_of_them, texts, answers, asked.texts)})
        print(json.dumps(runs[-1]))
        record(NAME, {"texts": asked.texts, "summary": summary(runs), "runs": runs})


def read(
    base: str, train: Path, test: Path, column: str
) -> tuple[list[str], Examples, np.ndarray, np.ndarray]:
    """The labels, all training texts as examples, and the vectors and labels of the test texts."""
    registry = load_plugins()
    source = registry.find_model(base)
    rows, held_out = read_rows(train, column), read_rows(test, column)
    labels = sorted({label for _, label in rows})
    task = registry.task(TASK)
    model = task.load_model(source, labels, pooling=trained_pooling(source) or "mean")
    tokenizer = load_tokenizer(source)
    learnt = table(rows)
    length = pick_max_length(model, tokenizer, learnt, None, 0)
    reader = Reader(source, model, tokenizer, length, Context(out=Path(), task=task, seed=0))
    examples = examples_of(reader, learnt, labels, HeadOptions(), names=True)
    answers = np.array([labels.index(label) for _, label in held_out])
    return labels, examples, np.asarray(reader.vectors(table(held_out))), answers


def table(rows: list[tuple[str, str]]) -> datasets.Dataset:
    """Texts with labels as the table that a dataset's split is."""
    columns = {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
    return datasets.Dataset.from_dict({**columns, "weight": [None] * len(rows)})


def judged(
    rare: int, examples: Examples, texts: np.ndarray, answers: np.ndarray, count: int
) -> dict[str, Any]:
    """Recall of the label with `count` texts and accuracy on all, by adjustment.

    `left_out` is its recall on its own training texts that were taken away, unadjusted.
    """
    own = np.flatnonzero(examples.targets == rare)
    few = np.random.default_rng(rare).choice(own, count, replace=False)
    left_out = examples.vectors[np.setdiff1d(own, few)]
    kept = np.sort(np.concatenate([np.flatnonzero(examples.targets != rare), few]))
    targets = examples.targets[kept]
    some = replace(examples, vectors=examples.vectors[kept], targets=targets)
    head = probe_of(some, HeadOptions(), rare).head
    often = log_frequencies(counted(targets, examples.labels))
    found: dict[str, Any] = {"left_out": recall(rare, head.logits(left_out).argmax(axis=1))}
    for adjustment in ADJUSTMENTS:
        said = head.less(adjustment * often).logits(texts).argmax(axis=1)
        found[f"{adjustment:g}"] = {
            "recall": recall(rare, said[answers == rare]),
            "accuracy": round(float((said == answers).mean()), 4),
        }
    return found


def recall(label: int, said: np.ndarray) -> float:
    """The share of a label's texts that are given it, from what they are given (texts,)."""
    return round(float((said == label).mean()), 4)


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over all labels, and over those whose recall could be doubled at all."""
    can_double = [row for row in rows if row["left_out"] <= HALF]
    return {"every label": means(rows), "recall of 0.5 or less": means(can_double)}


def means(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean recall and accuracy by adjustment."""
    found: dict[str, Any] = {"labels": len(rows)}
    for adjustment in ADJUSTMENTS:
        of_each = [row[f"{adjustment:g}"] for row in rows]
        found[f"{adjustment:g}"] = {
            each: round(float(np.mean([row[each] for row in of_each])), 4) if rows else None
            for each in ("recall", "accuracy")
        }
    return found


if __name__ == "__main__":
    main()

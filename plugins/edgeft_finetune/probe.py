"""Fits a head on what a frozen encoder says of the texts, and of the names of their labels."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures import trained_pooling
from edgeft.data.labels import readable
from edgeft.data.rows import label_indices, labelled, open_split, originals
from edgeft.plugin import Context, Dataset, ModelError
from edgeft.probing.embeddings import embeddings, kept_embeddings
from edgeft.probing.heads import STRENGTHS, Examples, Head, best_strength
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import pick_max_length, save_checkpoint
from edgeft_finetune import HeadOptions, ProbeOptions


@dataclass(frozen=True)
class Probe:
    """A head, and how often its like was right on texts that it was not fitted on."""

    head: Head
    strength: float
    names: bool
    """whether the names of the labels were examples too"""
    cross_validated: float


def finetune(
    draft: Any, base: Path, data: Dataset, options: ProbeOptions, context: Context
) -> None:
    """Fit a head for the labels of `data` on the vectors of `base`, and write both."""
    pooling = trained_pooling(base) if options.pooling == "auto" else options.pooling
    model = context.task.load_model(base, data.labels, pooling=pooling or "mean")
    tokenizer = load_tokenizer(base)
    rows = originals(labelled(open_split(data, "train")))
    max_length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    reader = Reader(base, model, tokenizer, max_length, context)
    found = probe(reader, rows, data.labels, options)
    put(found.head, model)
    save_checkpoint(draft, model, tokenizer, max_length, data.labels)
    validation = open_split(data, "validation")
    logits = found.head.logits(reader.vectors(validation))
    scores = context.task.score(label_indices(validation, data.labels), logits, data.labels)
    draft.figures = {
        "validation": scores.metrics,
        "cross_validated": round(found.cross_validated, 4),
        "strength": found.strength,
        "label_names": found.names,
        "max_length": max_length,
    }


@dataclass(frozen=True)
class Reader:
    """An encoder that turns texts into vectors."""

    source: Path | None
    """where the model comes from, if it is as it was there: then its vectors are kept"""
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    max_length: int
    context: Context

    def vectors(self, rows: datasets.Dataset) -> np.ndarray:
        """The vectors of texts, float32 (rows, hidden)."""
        read = self.model, self.tokenizer, rows, self.max_length, self.context
        return embeddings(*read) if self.source is None else kept_embeddings(self.source, *read)


def probe(
    reader: Reader,
    rows: datasets.Dataset,
    labels: list[str],
    options: HeadOptions | None = None,
) -> Probe:
    """Fit a head on labelled rows: with the names of their labels where that is no worse.

    What is no worse, and how strong the penalty is, cross-validation decides.
    """
    options = options or HeadOptions()
    examples = examples_of(reader, rows, labels, options, names=options.label_names != "no")
    tried = [examples]
    if options.label_names == "auto":
        tried.append(replace(examples, names=None))
    among = [options.strength] if options.strength else STRENGTHS
    searched = [(*best_strength(each, among, seed=reader.context.seed), each) for each in tried]
    strength, right, examples = max(searched, key=lambda each: each[1])
    return Probe(examples.fitted(strength), strength, examples.names is not None, right)


def examples_of(
    reader: Reader,
    rows: datasets.Dataset,
    labels: list[str],
    options: HeadOptions,
    *,
    names: bool,
) -> Examples:
    """The vectors of labelled rows, and of the names of their labels where they are wanted."""
    vectors = np.asarray(reader.vectors(rows))
    described = None
    if names:
        texts = datasets.Dataset(pa.table({"text": descriptions(labels, options)}))
        described = np.asarray(reader.vectors(texts))
    return Examples(vectors, label_indices(rows, labels), len(labels), described)


def descriptions(labels: list[str], options: HeadOptions) -> list[str]:
    """A text for every label: the one that was given, or else its name as words.

    Raises ModelError for a description of what is no label.
    """
    unknown = sorted(set(options.descriptions) - set(labels))
    if unknown:
        raise ModelError(
            f"descriptions names {unknown[0]!r}, which is not among the labels",
            hint=f"known: {', '.join(labels[:10])}",
        )
    return [options.descriptions.get(label) or readable(label) for label in labels]


def put(head: Head, model: PreTrainedModel) -> None:
    """Give a pooled model the head that was fitted on its vectors."""
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(head.weight))
        model.classifier.bias.copy_(torch.from_numpy(head.bias))

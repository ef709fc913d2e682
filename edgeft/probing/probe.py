"""A head fitted on what an encoder says of labelled texts, and of the names of their labels."""

from dataclasses import dataclass, replace
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures.remembering import Remembering
from edgeft.context import Context
from edgeft.data.names import descriptions
from edgeft.data.rows import label_indices, weights_of
from edgeft.probing import HeadOptions
from edgeft.probing.embeddings import embeddings, kept_embeddings
from edgeft.probing.heads import STRENGTHS, Examples, Head, best_strength
from edgeft.probing.nearness import SHARPNESS, Kept


@dataclass(frozen=True)
class Probe:
    """A head, and how often its like was right on texts that it was not fitted on."""

    head: Head
    strength: float
    names: bool
    """whether the names of the labels were examples too"""
    cross_validated: float
    examples: Examples
    """what it was fitted on"""


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
    """Fit a head on labelled rows, as `probe_of` does on their vectors."""
    options = options or HeadOptions()
    examples = examples_of(reader, rows, labels, options, names=options.label_names != "no")
    return probe_of(examples, options, reader.context.seed)


def probe_of(examples: Examples, options: HeadOptions, seed: int = 0) -> Probe:
    """Fit a head on examples: with the names of their labels where that is no worse.

    What is no worse, and how strong the penalty is, cross-validation decides.
    """
    tried = [examples]
    if options.label_names == "auto":
        tried.append(replace(examples, names=None))
    among = [options.strength] if options.strength else STRENGTHS
    searched = [(*best_strength(each, among, seed=seed), each) for each in tried]
    strength, right, examples = max(searched, key=lambda each: each[1])
    return Probe(examples.fitted(strength), strength, examples.names is not None, right, examples)


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
        texts = datasets.Dataset(pa.table({"text": descriptions(labels, options.descriptions)}))
        described = np.asarray(reader.vectors(texts))
    targets = label_indices(rows, labels)
    return Examples(vectors, targets, len(labels), described, weights_of(rows))


def put(head: Head, model: PreTrainedModel) -> None:
    """Give a pooled model the head that was fitted on its vectors."""
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(head.weight))
        model.classifier.bias.copy_(torch.from_numpy(head.bias))


def remember(kept: Kept, model: PreTrainedModel) -> None:
    """Let the head of a pooled model know examples of its labels, beside the map that it has."""
    labels, places, width = kept.vectors.shape
    linear = model.classifier
    head = Remembering(width, labels, places, SHARPNESS).to(linear.weight.device)
    with torch.no_grad():
        head.weight.copy_(linear.weight)
        head.bias.copy_(linear.bias)
        head.examples.copy_(torch.from_numpy(kept.vectors))
        head.shares.copy_(torch.from_numpy(kept.shares))
    model.classifier = head
    model.config.head_examples, model.config.head_sharpness = places, SHARPNESS


def head_of(model: PreTrainedModel) -> Head:
    """The head that a pooled model has."""
    linear = model.classifier
    return Head(
        linear.weight.detach().cpu().numpy().copy(), linear.bias.detach().cpu().numpy().copy()
    )

"""A head made of what the labels are called: nobody has labelled anything.

A sentence encoder puts a text near to what it is about, so the nearest name is a first guess (Chang
et al. 2008, "Importance of Semantic Representation: Dataless Classification").
"""

from pathlib import Path
from typing import Any

import datasets
import numpy as np

from edgeft.architectures import trained_pooling
from edgeft.data.names import descriptions
from edgeft.data.rows import open_split, originals
from edgeft.plugin import Context, Dataset
from edgeft.probing.heads import Head
from edgeft.probing.nearness import unit
from edgeft.probing.probe import Reader
from edgeft.probing.writing import write_headed
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import pick_max_length
from edgeft_unlabelled import NamesOptions


def finetune(
    draft: Any, base: Path, data: Dataset, options: NamesOptions, context: Context
) -> None:
    """Make a head for the labels of `data` out of their names, and write it on `base`."""
    pooling = trained_pooling(base) if options.pooling == "auto" else options.pooling
    model = context.task.load_model(base, data.labels, pooling=pooling or "mean")
    tokenizer = load_tokenizer(base)
    max_length = pick_max_length(model, tokenizer, texts_of(data), options.max_length, context.seed)
    reader = Reader(base, model, tokenizer, max_length, context)
    head = named_head(reader, data, options)
    metrics = write_headed(draft, reader, head, data)
    draft.figures = {"validation": metrics, "max_length": max_length}


def texts_of(data: Dataset) -> datasets.Dataset:
    """What the model will read: training texts, and the pool's, for the former may be names."""
    splits = [each for each in ("train", "unlabelled") if data.manifest.rows.get(each)]
    return datasets.concatenate_datasets([originals(open_split(data, each)) for each in splits])


def named_head(reader: Reader, data: Dataset, options: NamesOptions) -> Head:
    """The head whose logits are cosines with what each label is called, times the scale.

    That is what the options say, or the data where it has names in the place of texts.

    A label's vector is the mean over the templates; that of a text is divided by the length that
    those of names have on average, for a linear head cannot know its own.
    """
    labels = data.labels
    given = data.manifest.summary.get("called", {})
    called = descriptions(labels, {**given, **options.descriptions})
    ways = [
        np.asarray(reader.vectors(datasets.Dataset.from_dict({"text": texts})))
        for texts in ([each.format(name) for name in called] for each in options.templates)
    ]
    length = float(np.mean([np.linalg.norm(way, axis=1) for way in ways]))
    mean = np.mean([unit(way) for way in ways], axis=0)
    weight = options.scale * unit(mean) / length
    return Head(weight.astype(np.float32), np.zeros(len(labels), dtype=np.float32))

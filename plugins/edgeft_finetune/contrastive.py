"""Draws texts of one label together and others apart, beside learning the labels themselves.

Supervised contrastive learning (Khosla et al. 2020, https://arxiv.org/abs/2004.11362) joined with
cross-entropy (Gunel et al. 2021, https://arxiv.org/abs/2011.01403), for few labels as in SetFit
(Tunstall et al. 2022, https://arxiv.org/abs/2209.11055): every pair of a batch teaches something,
so that eight texts a label go a long way. A batch holds some texts each of some labels, or chance
would seldom bring two of one label together (Hermans et al. 2017, https://arxiv.org/abs/1703.07737).
The head starts as the frozen encoder's and learns along.
What answers in the end is the mean of that head and of one fitted anew on the vectors of the
encoder that comes out: an ensemble of two linear maps is one linear map. Where labels have few
texts, the head keeps the vectors of these as well, and answers by how near a text lies.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import torch
from transformers import set_seed

from edgeft.architectures import trained_pooling
from edgeft.architectures.pooled import pool
from edgeft.data.names import descriptions
from edgeft.data.rows import label_indices, labelled, open_split, originals
from edgeft.plugin import Context, Dataset
from edgeft.probing.heads import mean_of
from edgeft.probing.nearness import kept
from edgeft.probing.probe import Reader, examples_of, head_of, probe, put
from edgeft.probing.writing import write_headed
from edgeft.tasks.contrast import contrastive_loss
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import (
    Objective,
    Trained,
    Tricks,
    cross_entropy,
    pick_max_length,
    train,
)
from edgeft.training.resuming import prepare_scratch
from edgeft.training.shares import soft_extras, with_shares
from edgeft_finetune.options import ContrastiveOptions
from edgeft_finetune.soup import averaged


def finetune(
    draft: Any, base: Path, data: Dataset, options: ContrastiveOptions, context: Context
) -> None:
    """Train the encoder of `base` on pairs, fit a head for the labels of `data`, write both."""
    set_seed(context.seed)
    pooling = trained_pooling(base) if options.pooling == "auto" else options.pooling
    model = context.task.load_model(base, data.labels, pooling=pooling or "mean")
    tokenizer = load_tokenizer(base)
    rows = labelled(open_split(data, "train"))
    length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    frozen = Reader(base, model, tokenizer, length, context)
    taught = probe(frozen, originals(rows), data.labels, options)
    pairs = with_names(rows, data.labels, options) if taught.names else rows
    prepare_scratch(context)  # each training's own lies inside, and goes with it

    def run(number: int) -> Trained:
        """One training, in an order of its own, from the frozen encoder's head."""
        return train(
            model,
            tokenizer,
            pairs,
            open_split(data, "validation"),
            task=context.task,
            labels=data.labels,
            options=options,
            context=context.at(context.scratch / f"{number}", seed=context.seed + number),
            batch_extras=soft_extras(pairs, data.labels),
            loss=Contrast(model.pooling, options.temperature, options.contrast),
            views=options.views,
            mates=(label_indices(pairs, data.labels), options.together),
            tricks=Tricks(cutoff=options.cutoff, pieces=True),
        )

    put(taught.head, model)
    trained = averaged(model, run, options.soup, options.blend)
    reader = Reader(None, model, tokenizer, trained.max_length, context)
    examples = examples_of(reader, originals(rows), data.labels, options, names=taught.names)
    head = mean_of(head_of(model), examples.fitted(taught.strength))
    few = len(examples.targets) <= options.examples * examples.labels
    remembered = kept(examples, options.examples) if few else None
    metrics = write_headed(draft, reader, head, data, remembered)
    draft.figures = replace(trained, metrics=metrics).figures | {
        "strength": taught.strength,
        "label_names": taught.names,
        "examples": 0 if remembered is None else remembered.shares.shape[1],
        "frozen_cross_validated": round(taught.cross_validated, 4),
    }


def with_names(
    rows: datasets.Dataset, labels: list[str], options: ContrastiveOptions
) -> datasets.Dataset:
    """The rows, and what each label is called as one more text of it."""
    names = {
        "text": descriptions(labels, options.descriptions),
        "label": labels,
        "weight": [None] * len(labels),
        "soft": [None] * len(labels),
    }
    return datasets.concatenate_datasets(
        [
            rows.select_columns(list(names)),
            datasets.Dataset.from_dict(names, features=rows.select_columns(list(names)).features),
        ]
    )


class Contrast(Objective):
    """Cross-entropy on the labels, and the contrastive loss of the vectors that the head reads."""

    asks = {"output_hidden_states": True}

    def __init__(self, pooling: str, temperature: float, weight: float) -> None:
        super().__init__()
        self.pooling = pooling
        self.temperature = temperature
        self.weight = weight

    def forward(self, outputs: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The loss () of a batch with input_ids, attention_mask and labels."""
        vectors = pool(outputs.hidden_states[-1].float(), batch["attention_mask"], self.pooling)
        of_rows = batch.get("weights")
        apart = contrastive_loss(vectors, batch["labels"], self.temperature, of_rows)
        known = with_shares(cross_entropy)(outputs.logits.float(), batch)
        return known + self.weight * apart

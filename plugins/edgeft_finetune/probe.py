"""Fits a head on what a frozen encoder says of the texts, and of the names of their labels."""

from pathlib import Path
from typing import Any

from edgeft.architectures import trained_pooling
from edgeft.data.rows import label_indices, labelled, open_split, originals
from edgeft.plugin import Context, Dataset
from edgeft.probing.probe import Reader, probe
from edgeft.probing.writing import write_headed
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import pick_max_length
from edgeft_finetune.balance import counted, log_frequencies
from edgeft_finetune.fewer import by_labels
from edgeft_finetune.options import ProbeOptions


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
    # after the fit, as equation 9 of Menon et al. 2021 has it: https://arxiv.org/abs/2007.07314
    counts = counted(label_indices(rows, data.labels), len(data.labels))
    head = found.head.less(options.logit_adjustment * log_frequencies(counts))
    draft.figures = {
        "validation": write_headed(draft, reader, head, data),
        "cross_validated": round(found.cross_validated, 4),
        "strength": found.strength,
        "label_names": found.names,
        "by_labels": by_labels(found, context.seed),
        "max_length": max_length,
    }

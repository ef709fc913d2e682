"""What each process of the distributed test runs: finetune, and write down what it saw."""

import hashlib
import json
import sys
from pathlib import Path

import torch

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.processes import rank
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import TrainingOptions
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import cross_entropy, save_checkpoint, train

base, data_path, out = map(Path, sys.argv[1:])
data = Dataset.open(data_path)
context = Context(out=out, task=TextClassification(), device="cpu", fingerprint="two")
seen: list[int] = []


def note_rows(rows):  # type: ignore[no-untyped-def]
    seen.extend(rows.tolist())
    return {}


with Checkpoint.create(out) as draft:
    torch.manual_seed(rank())  # the processes start from different heads: only one may remain
    model = context.task.load_model(base, data.labels)
    tokenizer = load_tokenizer(base)
    trained = train(
        model,
        tokenizer,
        open_split(data, "train"),
        open_split(data, "validation"),
        task=context.task,
        labels=data.labels,
        options=TrainingOptions(epochs=2, batch_size=8, learning_rate=3e-3, precision="fp32"),
        context=context,
        loss=cross_entropy,
        batch_extras=note_rows,
    )
    digest = hashlib.sha256()
    for _, tensor in sorted(trained.model.state_dict().items()):
        digest.update(tensor.cpu().numpy().tobytes())
    save_checkpoint(draft, trained.model, tokenizer, trained.max_length, data.labels)
(out.parent / f"rank-{rank()}.json").write_text(
    json.dumps({"digest": digest.hexdigest(), "rows": seen, "log": trained.log})
)

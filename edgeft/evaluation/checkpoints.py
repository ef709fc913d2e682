"""What checkpoints and models in memory say of texts: through torch, in batches of like length."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.artifacts import Checkpoint
from edgeft.context import Device
from edgeft.progress import Progress, Silence
from edgeft.runtime.given import Given
from edgeft.runtime.outputs import Outputs, items_of
from edgeft.tasks import Task
from edgeft.training.batches import Batches, Encoded, Units, read
from edgeft.training.encoding import load_tokenizer, longest_input
from edgeft.training.machine import computes_in_bf16, pick_device, set_threads
from edgeft.training.tokenizing import encode

SILENCE = Silence()
ROWS = 64
"""rows that are answered together"""


def checkpoint_outputs(
    checkpoint: Checkpoint,
    texts: Sequence[Given],
    task: Task,
    device: Device,
    threads: int | None,
    batch_size: int | None,
    bf16: bool,
    progress: Progress,
) -> Outputs:
    """What a checkpoint says of texts, in their order; see `edgeft.evaluation.outputs_of`."""
    model = task.load_model(checkpoint.path)
    tokenizer = load_tokenizer(checkpoint.path)
    max_length = checkpoint.max_length or longest_input(model, tokenizer)
    set_threads(threads)
    where = pick_device(device)
    per_token = task.per_token
    encoded = encode(
        texts, tokenizer, max_length, units=per_token, windows=per_token, marks=task.marks
    )
    with torch.autocast(where.type, torch.bfloat16, enabled=bf16 and computes_in_bf16(where)):
        return model_outputs(model.to(where), tokenizer, encoded, batch_size or ROWS, progress)


def model_logits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[Given],
    max_length: int,
    batch_size: int = ROWS,
    progress: Progress = SILENCE,
) -> np.ndarray:
    """The logits of texts by a model in memory, float32 (n, labels), in the given order."""
    encoded = encode(texts, tokenizer, max_length)
    return model_outputs(model, tokenizer, encoded, batch_size, progress).values


def model_outputs(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    encoded: Encoded,
    batch_size: int = ROWS,
    progress: Progress = SILENCE,
) -> Outputs:
    """What a model in memory says of encoded rows, in their order."""
    model.eval()

    def answer(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        found: torch.Tensor = model(**read(batch)).logits
        return found

    given = {"device": model.device, "batch_size": batch_size, "progress": progress}
    width = model.config.num_labels or model.config.hidden_size  # of a vector
    if encoded.units is None:
        return Outputs(by_length(answer, encoded, tokenizer, width=width, **given))
    return by_unit(answer, encoded, encoded.units, tokenizer, width=width, **given)


def by_length(
    answer: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    encoded: Encoded,
    tokenizer: PreTrainedTokenizerFast,
    *,
    width: int,
    device: torch.device,
    batch_size: int = ROWS,
    progress: Progress = SILENCE,
) -> np.ndarray:
    """What `answer` gives for batches of like length, float32 (n, width), in the given order."""
    found = np.empty((len(encoded), width), dtype=np.float32)
    for rows, part in in_batches(answer, encoded, tokenizer, device, batch_size, progress):
        found[rows] = part
    return found


def by_unit(
    answer: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    encoded: Encoded,
    units: Units,
    tokenizer: PreTrainedTokenizerFast,
    *,
    width: int,
    device: torch.device,
    batch_size: int = ROWS,
    progress: Progress = SILENCE,
) -> Outputs:
    """What `answer` gives for the units of all texts, in the given order."""
    found = np.empty((len(units.places), width), dtype=np.float32)
    for rows, part in in_batches(answer, encoded, tokenizer, device, batch_size, progress):
        found[items_of(units.starts, rows)] = encoded.outputs(part, rows).values
    starts = units.starts if encoded.firsts is None else units.starts[encoded.firsts]
    return Outputs(found, starts, units.spans)


def in_batches(
    answer: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    encoded: Encoded,
    tokenizer: PreTrainedTokenizerFast,
    device: torch.device,
    batch_size: int,
    progress: Progress,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row numbers, longest first, with what `answer` gives for their batch, float32."""
    batches = Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side)
    order = np.argsort(-encoded.lengths, kind="stable")
    with progress.bar("answering", len(encoded), "texts") as bar:
        for start in range(0, len(encoded), batch_size):
            rows = order[start : start + batch_size]
            batch = {name: tensor.to(device) for name, tensor in batches(rows).items()}
            with torch.inference_mode():
                found = answer(batch).float().cpu().numpy()
            yield rows, found
            bar.advance(len(rows))

"""Trains with differential privacy: DP-SGD, by Opacus.

A step draws every training text with the same probability (Poisson sampling), cuts the gradient of
each to the same length, adds them up, adds normal noise, and lets AdamW have the sum. What is known
of any one text afterwards is bounded by epsilon and delta. (Abadi et al. 2016, "Deep learning with
differential privacy", https://arxiv.org/abs/1607.00133)

The noise and the draws have no seed: whoever knew it could take the noise off again. So a private
training does not repeat itself, and one that was interrupted begins anew.
"""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from opacus import PrivacyEngine
from torch.utils.data import DataLoader, TensorDataset
from transformers import PreTrainedModel, get_scheduler, set_seed

from edgeft.data.rows import is_copy, labelled, open_split
from edgeft.evaluation.checkpoints import by_length
from edgeft.plugin import (
    Checkpoint,
    Context,
    DataError,
    Dataset,
    ModelError,
    Record,
    TrainingError,
)
from edgeft.progress import Bar
from edgeft.runtime.outputs import Outputs
from edgeft.surgery.heights import freeze_lowest
from edgeft.training.arguments import SCHEDULES, warmup_steps
from edgeft.training.batches import Batches, Encoded, read
from edgeft.training.encoding import encode_rows, load_tokenizer
from edgeft.training.keeping import best_of, kept_of
from edgeft.training.loop import Loss, Trained, cross_entropy, pick_max_length, save_checkpoint
from edgeft.training.machine import pick_device, set_threads
from edgeft_finetune.budget import ACCOUNTANT, planned
from edgeft_finetune.full import pooling_for
from edgeft_finetune.labels_loss import loss_for
from edgeft_finetune.options import FullOptions
from edgeft_finetune.privacy import PrivateOptions
from edgeft_finetune.single import check_layers, check_single_gradients, quiet_opacus

SMOOTHING = 0.9
"""share of the running loss that each step keeps"""


def finetune(draft: Any, base: Path, data: Dataset, options: FullOptions, context: Context) -> None:
    """Train `base` with a head for the labels of `data` within the budget, and write both."""
    refuse_taught(base, data)
    set_seed(context.seed)
    model = context.task.load_model(base, data.labels, pooling=pooling_for(base, options))
    freeze_lowest(model, options.freeze)  # of embeddings, every row would get the same noise
    tokenizer = load_tokenizer(base)
    rows = labelled(open_split(data, "train"))
    refuse_copies(rows)
    max_length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    encoded = encode_rows(
        rows, tokenizer, max_length, data.labels, task=context.task, progress=context.progress
    )
    held_out = encode_rows(
        open_split(data, "validation"), tokenizer, max_length, data.labels, task=context.task
    )
    trained, spent = train_privately(
        model,
        Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side),
        held_out,
        tokenizer,
        data.labels,
        loss_for(options, rows, data.labels),
        options,
        context,
    )
    save_checkpoint(draft, trained.model, tokenizer, max_length, data.labels)
    draft.figures = trained.figures | {"private": spent}
    context.progress.note(
        f"private: epsilon {spent['epsilon']:.2f} at delta {spent['delta']:.1e} for any one of"
        f" {len(rows):,} training texts; what other steps read of these texts, such as a"
        " distillation on them, is not covered"
    )


def train_privately(
    model: PreTrainedModel,
    batches: Batches,
    held_out: Encoded,
    tokenizer: Any,
    labels: list[str],
    loss: Loss,
    options: FullOptions,
    context: Context,
) -> tuple[Trained, dict[str, Any]]:
    """Train what is not frozen of a model; returns it, and what was spent.

    Raises ModelError for layers whose gradients cannot be had text by text, and TrainingError for
    a budget that cannot be kept, or a loss that is no number.
    """
    started, task = time.perf_counter(), context.task
    private = options.private or PrivateOptions()
    metric = task.check_metric(options.metric or task.metric)
    device = pick_device(context.device)
    set_threads(context.threads)
    model.to(device).train()
    check_layers(model)
    check_single_gradients(model, batches, loss)
    budget = planned(len(batches.encoded), options)
    trained = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(trained, options.learning_rate, weight_decay=options.weight_decay)
    with quiet_opacus():
        engine = PrivacyEngine(accountant=ACCOUNTANT)
    numbers = TensorDataset(torch.arange(budget.texts))
    expected = math.ceil(budget.texts / budget.epoch)
    log: list[dict[str, float]] = []
    losses: list[float] = []
    smooth, best = 0.0, {}
    with quiet_opacus():
        private_model, optimizer, draws = engine.make_private(
            module=model,
            optimizer=optimizer,
            data_loader=DataLoader(numbers, batch_size=expected),
            noise_multiplier=budget.noise,
            max_grad_norm=private.clip,
            noise_generator=unseeded(device),
            poisson_sampling=True,
        )
        draws.batch_sampler.generator = unseeded(torch.device("cpu"))
        schedule = get_scheduler(
            SCHEDULES[options.schedule],
            optimizer,
            num_warmup_steps=warmup_steps(options.warmup, budget.steps),
            num_training_steps=budget.steps,
        )
        with context.progress.bar("training privately", budget.steps, "steps") as bar:
            for step, drawn in enumerate(endless(draws), start=1):
                found = take_step(private_model, optimizer, batches, drawn, loss, options)
                if not math.isfinite(found):
                    raise TrainingError(
                        f"the loss is {found} at step {step}",
                        hint="lower learning_rate or private.clip",
                    )
                schedule.step()
                smooth = SMOOTHING * (smooth or found) + (1 - SMOOTHING) * found
                losses.append(found)
                bar.advance(loss=round(smooth, 4))
                if step % budget.epoch and step < budget.steps:
                    continue
                log.append(
                    {"step": step, "epoch": round(step / budget.epoch, 2)}
                    | judged(model, tokenizer, held_out, labels, context)
                )
                show(bar, log[-1], metric)
                if best_of(log, metric, task) is log[-1] and options.weights != "last":
                    best = {name: each.detach().clone() for name, each in weights_of(model)}
                if step == budget.steps:
                    break
        epsilon = engine.get_epsilon(budget.delta)
        private_model.to_standard_module()
    kept = kept_of(log, metric, task, options, len(held_out))
    if kept is not log[-1]:
        with torch.no_grad():
            for name, each in weights_of(model):
                each.copy_(best[name])
    seconds = time.perf_counter() - started
    size = max(1, len(losses) // 50)
    result = Trained(
        model=model.eval(),
        max_length=options.max_length or 0,
        metrics={name: kept[name] for name in task.metrics},
        log=log,
        losses=[float(np.mean(losses[at : at + size])) for at in range(0, len(losses), size)],
        seconds=round(seconds, 2),
        texts_per_second=round(budget.steps * budget.texts / budget.epoch / seconds, 1),
    )
    return result, {
        "epsilon": round(float(epsilon), 4),
        "delta": budget.delta,
        "noise_multiplier": round(float(budget.noise), 4),
        "clip": private.clip,
        "sampling_rate": round(1 / budget.epoch, 6),
        "steps": budget.steps,
        "texts": budget.texts,
        "accountant": ACCOUNTANT,
    }


def take_step(
    model: torch.nn.Module,
    optimizer: Any,
    batches: Batches,
    drawn: np.ndarray,
    loss: Loss,
    options: FullOptions,
) -> float:
    """Take one step on the texts that were drawn, batch_size of them at a time; the mean loss.

    Where none was drawn, a text that counts nothing stands in: the step is noise alone.
    """
    counts = len(drawn) > 0
    rows = drawn if counts else np.zeros(1, np.int64)
    rows = rows[np.argsort(batches.encoded.lengths[rows], kind="stable")]
    parts = np.array_split(rows, math.ceil(len(rows) / options.batch_size))
    device = next(model.parameters()).device
    model.train()
    total = 0.0
    for place, part in enumerate(parts, start=1):
        optimizer.signal_skip_step(do_skip=place < len(parts))
        optimizer.zero_grad()
        batch = {name: tensor.to(device) for name, tensor in batches(part).items()}
        answers = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        mean = loss(answers.logits, batch) * counts
        mean.backward()
        optimizer.step()
        total += float(mean.detach()) * len(part)
    optimizer.zero_grad()
    return total / len(rows)


def refuse_taught(base: Path, data: Dataset) -> None:
    """Raise ModelError for a base that has been trained on these texts: without noise, it knows."""
    same = {data.digest, *read_of(data.manifest.history)}
    history = Checkpoint.open(base).manifest.history
    trained = [each.method for each in history if each.kind in ("finetune", "distill")]
    if trained and same & read_of(history):
        raise ModelError(
            f"private cannot go on from {base}: {trained[0]} has trained it on the same texts"
            " without noise, and the budget would not hold",
            hint="take the model that it was made of as base",
        )


def read_of(history: list[Record]) -> set[str]:
    """Digests of all that training texts came from: files, and datasets that steps read."""
    roles = ("train", "unlabelled", "data")
    return {each.inputs[role] for each in history for role in roles if role in each.inputs}


def refuse_copies(rows: Any) -> None:
    """Raise DataError for rows that are copies of others: each would have a budget of its own."""
    copies = int(is_copy(rows).sum())
    if copies:
        raise DataError(
            f"private cannot be combined with augmented copies: {copies:,} training texts have a"
            " parent, and the budget is for each copy, not for the text that they came from",
            hint="leave the augment steps before finetune out",
        )


def judged(
    model: PreTrainedModel, tokenizer: Any, held_out: Encoded, labels: list[str], context: Context
) -> dict[str, float]:
    """Cross-entropy and metrics of the held-out texts, which the budget does not protect."""
    model.eval()
    logits = by_length(
        lambda batch: model(**read(batch)).logits,
        Encoded(held_out.ids, held_out.starts),
        tokenizer,
        width=len(labels),
        device=model.device,
    )
    truth = truth_of(held_out)
    batch = {"labels": torch.from_numpy(truth)}
    scores = context.task.score(truth, Outputs(logits), labels).metrics
    return {"loss": float(cross_entropy(torch.from_numpy(logits), batch)), **scores}


def endless(draws: DataLoader[Any]) -> Iterator[np.ndarray]:
    """The numbers of the rows that each step draws, (rows,), for as many epochs as anybody asks."""
    while True:
        for drawn in draws:
            yield drawn[0].numpy() if len(drawn) else np.empty(0, np.int64)


def unseeded(device: torch.device) -> torch.Generator:
    """A source of numbers that nobody can repeat."""
    generator = torch.Generator(device=device)
    generator.seed()
    return generator


def weights_of(model: PreTrainedModel) -> Iterator[tuple[str, torch.nn.Parameter]]:
    """The weights that are trained, by name."""
    return ((name, each) for name, each in model.named_parameters() if each.requires_grad)


def show(bar: Bar, entry: dict[str, float], metric: str) -> None:
    """Show the metric of an evaluation beside the bar."""
    bar.advance(0, **{metric: round(entry[metric], 4)})


def truth_of(rows: Encoded) -> np.ndarray:
    """What rows are scored against, (rows, ...)."""
    return rows.labels if rows.labels is not None else np.empty(0, np.int64)

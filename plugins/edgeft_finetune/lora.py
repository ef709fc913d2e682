"""Trains small adapters and a head, and merges them into the encoder.

LoRA: Hu et al. 2021, https://arxiv.org/abs/2106.09685. DoRA: Liu et al. 2024,
https://arxiv.org/abs/2402.09353. IA3: Liu et al. 2022, https://arxiv.org/abs/2205.05638. AdaLoRA:
Zhang et al. 2023, https://arxiv.org/abs/2303.10512
"""

import math
import warnings
from pathlib import Path
from typing import Any

import torch
from peft import AdaLoraConfig, IA3Config, LoraConfig, PeftConfig, PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.data.rows import open_split
from edgeft.plugin import Context, Dataset, ModelError, Task, TrainingError
from edgeft.training.batches import Batches
from edgeft.training.encoding import load_tokenizer
from edgeft.training.heads import has_head
from edgeft.training.loop import save_checkpoint
from edgeft.training.tokenizing import encode
from edgeft_finetune.full import fit, pooling_for, start_as_probe
from edgeft_finetune.options import LoraOptions
from edgeft_finetune.ranks import SURPLUS, RankAllocation, keeping_orthogonal, ranks

SAMPLE = 32
TOLERANCE = 1e-3
"""largest difference between the logits of adapters and of the weights they were merged into"""


def finetune(draft: Any, base: Path, data: Dataset, options: LoraOptions, context: Context) -> None:
    """Train adapters and a head for the labels of `data` on `base`, and write them merged."""
    set_seed(context.seed)
    model = context.task.load_model(base, data.labels, pooling=pooling_for(base, options))
    tokenizer = load_tokenizer(base)
    if options.head == "probe":
        start_as_probe(base, model, tokenizer, data, options, context)
    adapted = add_adapters(model, options)
    initial = frozen_copy(adapted)
    adaptive = options.adapter == "adalora"
    trained = fit(
        adapted,
        tokenizer,
        data,
        options,
        context,
        new_head=not has_head(base, data.labels),
        around=lambda loss: keeping_orthogonal(loss, adapted) if adaptive else loss,
        callbacks=[RankAllocation(adapted)] if adaptive else [],
    )
    given = [sum(each) for each in ranks(adapted).values()]
    sample = sample_batch(data, tokenizer, trained.max_length, context.task)
    merged = merge(adapted, initial, sample)
    save_checkpoint(draft, merged, tokenizer, trained.max_length, data.labels)
    weights = sum(parameter.numel() for parameter in merged.parameters())
    draft.figures = trained.figures | {
        "trained_weights": sum(tensor.numel() for tensor in initial.values()),
        "weights": weights,
    }
    if adaptive:
        draft.figures["ranks"] = {"mean": sum(given) / len(given), "all": given}


def add_adapters(model: PreTrainedModel, options: LoraOptions) -> PeftModel:
    """Freeze the encoder, put an adapter beside its linear layers, and leave the head trainable."""
    targets, head = target_layers(model, options.targets), head_modules(model)
    config: PeftConfig
    if options.adapter == "ia3":
        leaves = [name for each in head for name in with_own_weights(model, each)]
        config = IA3Config(target_modules=targets, feedforward_modules=[], modules_to_save=leaves)
    elif options.adapter == "adalora":
        config = AdaLoraConfig(
            init_r=math.ceil(SURPLUS * options.rank),
            target_r=options.rank,
            lora_alpha=options.alpha,
            lora_dropout=options.dropout,
            target_modules=targets,
            modules_to_save=head,
            total_step=1,  # as RankAllocation finds it
        )
    else:
        config = LoraConfig(
            r=options.rank,
            lora_alpha=options.alpha,
            lora_dropout=options.dropout,
            use_dora=options.adapter == "dora",
            target_modules=targets,
            modules_to_save=head,
        )
    with warnings.catch_warnings():
        # peft asks transformers 5 by an old name; the user can do nothing about it
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return get_peft_model(model, config)


def target_layers(model: PreTrainedModel, targets: list[str]) -> list[str]:
    """The names of the linear layers that get an adapter: all of the encoder's, or `targets`.

    Raises ModelError for a target that names none of them.
    """
    known = [
        name
        for name, module in model.base_model.named_modules(prefix=model.base_model_prefix)
        if isinstance(module, nn.Linear) and is_in_a_layer(name)
    ]
    for target in targets:
        if not any(matches(name, target) for name in known):
            ends = sorted({name.rpartition(".")[2] for name in known})
            raise ModelError(
                f"the encoder has no linear layer {target!r}", hint=f"it has: {', '.join(ends)}"
            )
    return [name for name in known if not targets or any(matches(name, each) for each in targets)]


def head_modules(model: PreTrainedModel) -> list[str]:
    """The names of the modules after the encoder's layers: pooler and head, trained as a whole."""
    prefix = model.base_model_prefix
    head = [
        name for name, module in model.named_children() if name != prefix and has_weights(module)
    ]
    poolers = [
        f"{prefix}.{name}"
        for name, module in model.base_model.named_children()
        if "pooler" in name and has_weights(module)
    ]
    return poolers + head


def merge(
    adapted: PeftModel, initial: dict[str, torch.Tensor], sample: dict[str, torch.Tensor]
) -> PreTrainedModel:
    """Merge the adapters into the encoder, proving that nothing was lost on the way.

    Adapters that stay zero, a head that stays as it was drawn (peft#577), or merged weights that
    answer otherwise than the adapters raise TrainingError.
    """
    unmoved = [
        name
        for name, tensor in trainable(adapted).items()
        if name in initial
        and "lora_E" not in name  # AdaLoRA sets those to 0 that need no rank, as they began
        and torch.equal(tensor.cpu(), initial[name])
    ]
    if unmoved:
        raise TrainingError(
            f"training left {unmoved[0]} as it was ({len(unmoved)} of {len(initial)} weights)",
            hint="raise learning_rate or epochs",
        )
    before = logits(adapted, sample)
    merged = adapted.merge_and_unload(safe_merge=True)
    difference = float((logits(merged, sample) - before).abs().max())
    if not difference <= TOLERANCE * max(1.0, float(before.abs().max())):
        raise TrainingError(
            f"the merged model's logits differ from the adapters' by {difference:.2g}",
            hint="use `finetune: {method: full}` for this model, and report it",
        )
    return merged


def frozen_copy(model: nn.Module) -> dict[str, torch.Tensor]:
    """What will be trained, as it is now, by name."""
    return {name: tensor.detach().cpu().clone() for name, tensor in trainable(model).items()}


def trainable(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights that are trained, by name."""
    return {name: each for name, each in model.named_parameters() if each.requires_grad}


def sample_batch(
    data: Dataset, tokenizer: PreTrainedTokenizerFast, max_length: int, task: Task
) -> dict[str, torch.Tensor]:
    """A few validation texts as one padded batch, with their marks where the task has some."""
    rows = open_split(data, "validation")
    texts = rows.select(range(min(SAMPLE, len(rows))))["text"]
    batches = Batches(
        encode(texts, tokenizer, max_length, marks=task.marks),
        tokenizer.pad_token_id,
        tokenizer.padding_side,
    )
    return batches(range(len(texts)))


def logits(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The model's logits (batch, labels), float32 on the CPU, without dropout."""
    model.eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        found = model(**{name: tensor.to(device) for name, tensor in batch.items()}).logits
    return found.float().cpu()


def is_in_a_layer(name: str) -> bool:
    """Whether a module is part of a numbered layer, as bert.encoder.layer.0.output.dense is."""
    return any(part.isdigit() for part in name.split("."))


def matches(name: str, target: str) -> bool:
    """Whether a module's name is `target` or ends with it."""
    return name == target or name.endswith(f".{target}")


def has_weights(module: nn.Module) -> bool:
    """Whether there is anything to train in a module."""
    return next(module.parameters(), None) is not None


def with_own_weights(model: nn.Module, name: str) -> list[str]:
    """The names of the modules that hold the weights of one: peft unloads IA3 from these alone."""
    inside = model.get_submodule(name).named_modules(prefix=name)
    return [
        each for each, module in inside if next(module.parameters(recurse=False), None) is not None
    ]

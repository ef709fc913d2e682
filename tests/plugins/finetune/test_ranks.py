"""AdaLoRA: ranks fall to what was asked for, where they are needed least."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import TrainerControl, TrainerState, TrainingArguments

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.registry import Registry
from edgeft.tasks.text_classification.head import load_model
from edgeft_finetune.lora import add_adapters
from edgeft_finetune.options import LoraOptions
from edgeft_finetune.ranks import RankAllocation, keeping_orthogonal, ranks


def test_ranks_fall_to_their_mean_and_the_model_learns(
    make_base: Callable[[str], Path], topics: Dataset, registry: Registry, context: Context
) -> None:
    asked = {
        "adapter": "adalora",
        "rank": 2,
        "targets": ["query", "value"],
        "pooling": "mean",
        "epochs": 6,
        "batch_size": 8,
        "learning_rate": 1e-2,
        "precision": "fp32",
        "weights": "last",
    }
    options = registry.options("finetune", "lora", asked)

    checkpoint = registry.step("finetune", "lora")(options, context).run(make_base("bert"), topics)

    found = checkpoint.manifest.history[-1].figures
    assert len(found["ranks"]["all"]) == 8
    assert found["ranks"]["mean"] == 2
    assert max(found["ranks"]["all"]) <= 3
    assert found["validation"]["accuracy"] > 0.8
    assert not any("lora" in name for name in load_model(checkpoint.path).state_dict())


def test_too_few_steps_leave_the_ranks_alone(tiny_base: Path, tmp_path: Path) -> None:
    adapted = add_adapters(load_model(tiny_base, ["no", "yes"]), LoraOptions(adapter="adalora"))
    allocation = RankAllocation(adapted)
    state = TrainerState(max_steps=3)
    args, control = TrainingArguments(output_dir=str(tmp_path)), TrainerControl()

    allocation.on_train_begin(args, state, control)
    allocation.on_optimizer_step(args, state, control)

    assert not allocation.active


def test_a_resumed_training_keeps_the_ranks_that_were_given(
    tiny_base: Path, tmp_path: Path
) -> None:
    model = load_model(tiny_base, ["no", "yes"])
    adapted = add_adapters(model, LoraOptions(adapter="adalora", rank=2, targets=["query"]))
    with torch.no_grad():
        for name, each in adapted.named_parameters():
            if "lora_E" in name:
                each.copy_(torch.tensor([[1.0], [0.0], [2.0]]))
    before = ranks(adapted)
    allocation = RankAllocation(adapted)
    args, control = TrainingArguments(output_dir=str(tmp_path)), TrainerControl()
    allocation.on_train_begin(args, TrainerState(max_steps=20), control)

    for step in (14, 15):
        allocation.on_optimizer_step(args, TrainerState(max_steps=20, global_step=step), control)

    assert list(before.values()) == [[True, False, True]] * 4
    assert list(ranks(adapted).values()) == list(before.values())


def test_what_is_not_orthogonal_costs(tiny_base: Path) -> None:
    model = load_model(tiny_base, ["no", "yes"])
    adapted = add_adapters(model, LoraOptions(adapter="adalora", rank=2, targets=["query"]))
    loss = keeping_orthogonal(lambda logits, batch: logits.sum(), adapted)
    with torch.no_grad():
        for name, each in adapted.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                each.copy_(torch.eye(*each.shape))

    assert float(loss(torch.ones(1), {}).detach()) == pytest.approx(1.0)

    with torch.no_grad():
        for name, each in adapted.named_parameters():
            if "lora_A" in name:
                each.zero_()
    halves = 0.1 * (3**0.5 / 2)  # |0 - I| of three rows, in half of the matrices
    assert float(loss(torch.ones(1), {}).detach()) == pytest.approx(1.0 + halves)

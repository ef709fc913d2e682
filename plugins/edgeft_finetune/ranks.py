"""Gives the rank of adapters to the layers that need it, while they are trained.

AdaLoRA: Zhang et al. 2023, https://arxiv.org/abs/2303.10512. Each adapter is P diag(E) Q, as a
singular value decomposition is. It starts with half of the rank more than asked for, and the
entries of E that matter least, over all layers, are set to 0 until no more are left than that.
"""

from typing import Any

import torch
from peft import PeftModel
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from edgeft.training.loop import Loss

SURPLUS = 1.5
"""the rank that adapters start with, over the one they end with, as Zhang et al. took"""
FIRST, LAST = 0.1, 0.3
"""shares of the steps before ranks fall, and after they have fallen"""
SHORTEST = 10
"""steps of a training that is long enough for ranks to fall"""
ROUNDS = 100
"""times that ranks are given anew, where there are as many steps"""
ORTHOGONAL = 0.1
"""weight of what keeps P and Q orthogonal"""


class RankAllocation(TrainerCallback):
    """Has peft give out the ranks after every step.

    It asks peft's allocator, and not its model: that one would save only the rows that are left,
    and not find them again where a training is resumed or goes back to its best weights.
    """

    def __init__(self, adapted: PeftModel) -> None:
        self.model = adapted.base_model.model
        self.allocator = adapted.base_model.rankallocator
        self.plan = adapted.peft_config["default"]
        self.active = False
        self.left: dict[str, list[bool]] | None = None
        """which entries of each E are left, once it is decided"""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Plan when ranks fall: only the Trainer knows how many steps there are."""
        total = state.max_steps
        self.active = total >= SHORTEST
        self.plan.total_step = total
        self.plan.tinit, self.plan.tfinal = int(FIRST * total), int(LAST * total)
        self.plan.deltaT = max(1, total // ROUNDS)

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Weigh the entries of E by this step's gradients, and set some to 0 where it is time."""
        if not self.active:
            return
        rest = state.global_step - (self.plan.total_step - self.plan.tfinal)
        if rest < 0:
            self.allocator.update_and_allocate(self.model, state.global_step)
        elif rest == 0 and self.allocator.exp_avg_ipt:
            step = state.global_step
            _, self.left = self.allocator.update_and_allocate(self.model, step, force_mask=True)
        else:
            self.left = self.left or ranks(self.model)  # resumed: what was 0 stays so
            self.allocator.mask_using_rank_pattern(self.model, self.left)


def ranks(model: nn.Module) -> dict[str, list[bool]]:
    """Which entries of each E are not 0, by the names of these."""
    return {
        name: (each.detach() != 0).view(-1).tolist()
        for name, each in model.named_parameters()
        if "lora_E" in name
    }


def keeping_orthogonal(loss: Loss, adapted: PeftModel) -> Loss:
    """The loss, and ORTHOGONAL times how far P and Q are from orthogonal: the mean of |P'P - I|.

    What is scored one by one should not overlap. (Equation 4 of Zhang et al. 2023)
    """
    halves = [
        (each, "lora_A" in name)
        for name, each in adapted.named_parameters()
        if "lora_A" in name or "lora_B" in name
    ]

    def both(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        apart = [off_orthogonal(each if rows else each.T) for each, rows in halves]
        return loss(logits, batch) + ORTHOGONAL * torch.stack(apart).mean()

    return both


def off_orthogonal(rows: torch.Tensor) -> torch.Tensor:
    """The Frobenius norm () of R R' - I, for rows (rank, width)."""
    products = rows @ rows.T
    return torch.linalg.norm(products - torch.eye(len(products), device=rows.device))

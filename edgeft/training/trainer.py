"""A Trainer whose loss is ours, whose batches are by length, and that stops at a broken loss."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from transformers import Trainer, TrainerCallback

from edgeft.errors import TrainingError
from edgeft.tasks import Task
from edgeft.tasks.text_classification import losses
from edgeft.training.adversary import Adversary
from edgeft.training.batches import Batches, Encoded, read
from edgeft.training.cutoff import cut_off
from edgeft.training.objective import Objective
from edgeft.training.pieces import passed
from edgeft.training.sampling import ByLength, beside_mates

Loss = Callable[[torch.Tensor, dict[str, torch.Tensor]], torch.Tensor]
"""from logits (batch, labels), float32, and the batch to a loss ()"""
SMOOTHING = 0.9
"""share of the running loss that each step keeps"""


@dataclass(frozen=True)
class Tricks:
    """How a step is taken, where it is not the plain way."""

    rates: Mapping[str, float] = field(default_factory=dict)
    """shares of the learning rate for weights by name, where it is not the whole"""
    adversarial: str = "none"
    """or a method of an Adversary"""
    adversarial_size: float = 0.1
    cutoff: float = 0.0
    """share of a text's tokens that the model is not shown, others in each view of it"""
    pieces: bool = False
    """whether a batch may be passed over in pieces of like length: a model answers (batch, labels),
    nothing in it looks at several rows, and an objective reads logits and last states alone"""
    callbacks: Sequence[TrainerCallback] = ()
    """what sees every step, beside what shows it"""


class LengthTrainer(Trainer):
    """A Trainer with a loss of its own; `smooth_loss` is its running mean, for people to watch.

    `plain` is the task's own loss: that of held-out texts, and of all where there is no `loss`.
    `keeps_last` is asked at the end whether the last weights are better kept than the best ones.
    """

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.model_accepts_loss_kwargs = False
        self.loss: Loss | Objective | None = None
        self.plain: Loss
        self.tricks = Tricks()
        self.keeps_last: Callable[[], bool] = lambda: False
        self.smooth_loss = 0.0

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        """The loss of a batch; on held-out texts always the task's own."""
        wanted = (self.loss if model.training else None) or self.plain
        asks = wanted.asks if isinstance(wanted, Objective) else {}
        pieces = self.tricks.pieces and model.training
        outputs = passed(model, read(inputs), asks, pieces=pieces)
        logits = outputs.logits.float()
        loss = wanted(outputs if isinstance(wanted, Objective) else logits, inputs)
        return (loss, {"loss": loss, "logits": logits}) if return_outputs else loss

    def create_optimizer(self, *parts: Any, **named: Any) -> torch.optim.Optimizer:
        """The optimizer, with a rate for each layer where these differ."""
        made: torch.optim.Optimizer = super().create_optimizer(*parts, **named)
        if self.tricks.rates:
            names = {weight: name for name, weight in self.model.named_parameters()}
            made.param_groups[:] = [
                part for group in made.param_groups for part in self.by_rate(group, names)
            ]
        return made

    def by_rate(
        self, group: dict[str, Any], names: dict[nn.Parameter, str]
    ) -> Iterator[dict[str, Any]]:
        """A group of an optimizer as one for each rate that its weights have.

        AdamW multiplies the decay by the rate: where that is more than the whole, as of a head in
        units of large numbers, the decay is no stronger than elsewhere.
        """
        of_weight = {each: self.tricks.rates.get(names[each], 1.0) for each in group["params"]}
        for rate in sorted(set(of_weight.values())):
            weights = [each for each in group["params"] if of_weight[each] == rate]
            decay = group.get("weight_decay", 0.0) / max(rate, 1.0)
            yield {**group, "params": weights, "lr": group["lr"] * rate, "weight_decay": decay}

    def training_step(
        self, model: nn.Module, inputs: dict[str, torch.Tensor], *parts: Any, **named: Any
    ) -> torch.Tensor:
        """Train on a batch; raises TrainingError where its loss is no number."""
        if self.tricks.cutoff:
            inputs = cut_off(inputs, self.tricks.cutoff)
        loss = self.passes(model, inputs, *parts, **named)
        value = float(loss) * self.current_gradient_accumulation_steps
        if not np.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at step {self.state.global_step + 1}",
                hint="lower learning_rate, or set precision to fp32",
            )
        before = self.smooth_loss or value
        self.smooth_loss = SMOOTHING * before + (1 - SMOOTHING) * value
        return loss

    def passes(self, model: nn.Module, *parts: Any, **named: Any) -> torch.Tensor:
        """Pass over a batch, forward and backward, as often as the tricks say; the first loss."""
        if self.tricks.adversarial == "none":
            return super().training_step(model, *parts, **named)
        whole = self.accelerator.unwrap_model(model)
        words = cast("nn.Module", whole.get_input_embeddings())
        adversary = Adversary(words, self.tricks.adversarial, self.tricks.adversarial_size)
        with adversary.watching():
            loss = super().training_step(model, *parts, **named)
            for _ in range(adversary.steps):
                adversary.push()
                super().training_step(model, *parts, **named)
        return loss

    def _load_best_model(self) -> None:
        """Go back to the best evaluation's weights at the end, unless the last are to be kept."""
        if not self.keeps_last():
            super()._load_best_model()

    def _get_train_sampler(self, train_dataset: Encoded | None = None) -> ByLength:
        rows: Encoded = train_dataset or self.train_dataset
        a_step = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return ByLength(rows.lengths, a_step * self.args.world_size, self.args.seed, rows.mates)

    def _get_eval_sampler(self, eval_dataset: Encoded) -> list[int]:
        order = np.argsort(-eval_dataset.lengths, kind="stable")
        if eval_dataset.mates is not None:
            order = beside_mates(order, *eval_dataset.mates)
        found: list[int] = order.tolist()
        return found

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """Batches of the held-out rows, which have no extras."""
        held_out: Encoded = eval_dataset or self.eval_dataset
        training: Batches = self.data_collator
        self.data_collator: Batches = Batches(held_out, training.pad_id, training.padding_side)
        try:
            return super().get_eval_dataloader(held_out)
        finally:
            self.data_collator = training


def end_autocast(model: nn.Module, trainer: Trainer) -> None:
    """Let a model that was trained in bfloat16 compute in float32 again.

    accelerate takes off its own wrapper, and with it all that transformers decorates `forward`
    with, which then refuses `return_dict`; so the class's `forward` is what is left here.
    """
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    vars(model).pop("forward", None)


def cross_entropy(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of logits (batch, labels) over the rows that have a label.

    A row's loss is multiplied by its weight, where the batch has weights.
    """
    return losses.cross_entropy(logits, batch["labels"], batch.get("weights"))


def plain_loss(task: Task) -> Loss:
    """The task's own loss, as a batch has it."""

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return task.loss(logits, batch["labels"], batch.get("weights"))

    return loss

"""Shows a training as it goes: texts done, loss and the validation metric."""

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from edgeft.progress import Bar


class Watcher(TrainerCallback):
    """Moves a bar over the texts of a training, with the running loss and the metric's last value.

    Of `total` texts so many were read before, by a training that this one goes on with.
    """

    def __init__(
        self, bar: Bar, total: int, before: int, metric: str, loss: Callable[[], float]
    ) -> None:
        self.bar = bar
        self.total = total
        self.metric = metric
        self.loss = loss
        self.done = before
        self.figures: dict[str, float] = {}

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        self.move(state)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        self.figures["loss"] = round(self.loss(), 4)
        self.move(state)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **_: Any,
    ) -> None:
        self.figures[self.metric] = round(metrics[f"eval_{self.metric}"], 4)
        self.bar.advance(0, **self.figures)

    def move(self, state: TrainerState) -> None:
        """Bring the bar to the step that the training has reached."""
        done = round(self.total * state.global_step / max(1, state.max_steps))
        self.bar.advance(done - self.done, **self.figures)
        self.done = done

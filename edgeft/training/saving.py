"""Saves a training in the midst of a long epoch: what an interruption costs is minutes."""

import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

EVERY = 600.0
"""seconds after which a training is saved, beside the end of each epoch"""


class Saver(TrainerCallback):
    """Asks for a checkpoint EVERY so many seconds since the last one."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.saved = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if time.monotonic() - self.saved >= EVERY:
            control.should_save = True

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.saved = time.monotonic()

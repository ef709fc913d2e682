"""Words that are hidden in texts, and how well a model says what stood there.

A language model learns the words of texts by filling in those that were hidden (Devlin et al. 2019,
https://arxiv.org/abs/1810.04805): of the chosen tokens, 80 % become the mask token, 10 % another
token, 10 % stay.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import (
    DataCollatorForLanguageModeling,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from edgeft.tasks import UNLABELLED
from edgeft.training.batches import Batches


@dataclass(frozen=True)
class Masked:
    """Makes batches in which some tokens are hidden, others in each batch."""

    batches: Batches
    masker: DataCollatorForLanguageModeling
    special: torch.Tensor
    """ids that are never hidden, (specials,)"""

    def __call__(self, rows: Sequence[int] | np.ndarray) -> dict[str, torch.Tensor]:
        """Give input_ids, attention_mask and labels (batch, longest).

        A label is what stood at a hidden place, and UNLABELLED elsewhere.
        """
        batch = self.batches(rows)
        ids = batch["input_ids"]
        spared = torch.isin(ids, self.special) | (batch["attention_mask"] == 0)
        hidden, labels = self.masker.torch_mask_tokens(ids, special_tokens_mask=spared)
        return batch | {"input_ids": hidden, "labels": labels}


def masked(batches: Batches, tokenizer: PreTrainedTokenizerFast, rate: float) -> Masked:
    """Batches with a share of their tokens hidden; the masks follow torch's random numbers."""
    masker = DataCollatorForLanguageModeling(tokenizer, mlm_probability=rate)
    return Masked(batches, masker, torch.tensor(sorted(tokenizer.all_special_ids)))


def masked_losses(model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The negative log-likelihood of each hidden token, (hidden,).

    The head reads the hidden tokens alone: over a whole vocabulary it would take as long as the
    encoder does.
    """
    places = batch["labels"] != UNLABELLED  # (batch, tokens)

    def at_places(module: nn.Module, inputs: object, found: Any) -> Any:
        found["last_hidden_state"] = found["last_hidden_state"][places][None]
        return found

    handle = model.base_model.register_forward_hook(at_places)
    try:
        logits = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], return_dict=True
        ).logits[0]
    finally:
        handle.remove()
    return functional.cross_entropy(logits.float(), batch["labels"][places], reduction="none")


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Draw the same random numbers whenever the block is entered, and none of those outside."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield

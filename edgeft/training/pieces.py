"""Passes over a batch in pieces of like length, where most of the batch would be padding.

With many texts a batch is drawn by length and nearly full. With few texts, and for a loss that
compares all rows of a batch, the rows come at random, and one long text makes all of them long.
What a model says of a text may not depend on the padding behind it, or it could not be served in
batches either: so the pieces say what the whole would.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers.modeling_outputs import SequenceClassifierOutput

from edgeft.processes import world_size

ROWS = 16
"""of a piece: with fewer, a matrix product is too small to be fast"""
WORTH = 0.8
"""share of the batch's tokens, padding included, that pieces may have at most to be worth it"""


def passed(
    model: nn.Module, inputs: dict[str, torch.Tensor], asks: dict[str, bool], *, pieces: bool
) -> Any:
    """What a model says of a batch, at once or in pieces.

    In pieces there are the `logits` (batch, labels), and of `hidden_states`, where they are asked
    for, the last alone, (batch, longest, hidden), zero beyond a row's piece. Processes that train
    together and accelerators, which are fast at padding, take a batch at once.
    """
    mask = inputs["attention_mask"]
    at_once = not pieces or mask.device.type != "cpu" or world_size() > 1
    parts = [] if at_once else pieces_of(mask)
    if len(parts) < 2:
        return model(**inputs, **asks)
    found = [
        model(**{name: each[rows, :longest] for name, each in inputs.items()}, **asks)
        for rows, longest in parts
    ]
    places = torch.argsort(torch.cat([rows for rows, _ in parts]))

    def padded(states: torch.Tensor) -> torch.Tensor:
        """A piece's states (rows, tokens, hidden) as long as the batch."""
        return functional.pad(states, (0, 0, 0, mask.shape[1] - states.shape[1]))

    last = [padded(each.hidden_states[-1]) for each in found if each.hidden_states]
    return SequenceClassifierOutput(
        logits=torch.cat([each.logits for each in found])[places],
        hidden_states=(torch.cat(last)[places],) if last else None,
    )


def pieces_of(mask: torch.Tensor) -> list[tuple[torch.Tensor, int]]:
    """The rows of each piece and its tokens, longest first; none where they would spare too little.

    `mask` (batch, longest) is padded on the right, or there are no pieces.
    """
    rows, longest = mask.shape
    column = torch.arange(1, longest + 1, device=mask.device)
    lengths = (mask * column).amax(dim=1)  # hidden tokens inside a row are a part of it
    if rows <= ROWS or not bool(mask[:, 0].all()):
        return []
    order = torch.argsort(lengths, descending=True, stable=True)
    parts = [(part, int(lengths[part[0]])) for part in order.split(ROWS)]
    tokens = sum(len(part) * length for part, length in parts)
    return parts if tokens < WORTH * rows * longest else []

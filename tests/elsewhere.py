"""What a process of its own does; it stands in a file, so that such a process finds it."""

from pathlib import Path

import torch


@torch.no_grad()
def logits(folder: Path, ids: list[list[int]]) -> list[list[float]]:
    """Logits for ids of the model in a directory."""
    from edgeft.tasks.text_classification.head import load_model

    found: list[list[float]] = load_model(folder).eval()(torch.tensor(ids)).logits.tolist()
    return found

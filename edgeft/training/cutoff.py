"""Hides tokens from the model, others in each view of a text, so that it leans on no single word.

Token cutoff of ConSERT (Yan et al. 2021, https://arxiv.org/abs/2105.11741): a hidden token is
neither attended to nor pooled, and those that stay keep their positions.
"""

import torch


def cut_off(batch: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """A batch whose attention_mask (batch, longest) leaves out a random share of the tokens.

    A text's first token, which heads may read, always stays. The draws are torch's own, which an
    interrupted training takes up where they were.
    """
    mask = batch["attention_mask"]
    is_first = (mask.cumsum(1) == 1) & (mask == 1)
    stays = torch.rand(mask.shape).to(mask.device) >= share
    return batch | {"attention_mask": mask * (stays | is_first)}

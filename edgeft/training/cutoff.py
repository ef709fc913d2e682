"""Hides tokens from the model, others in each view of a text, so that it leans on no single word.

Token cutoff (Shen et al. 2020, https://arxiv.org/abs/2009.13818), a view for contrastive learning
as in ConSERT (Yan et al. 2021, https://arxiv.org/abs/2105.11741). Tokens are hidden by the
attention mask here: nobody attends to them, and a mean leaves them out.
"""

import torch


def cut_off(batch: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """A batch whose attention_mask (batch, longest) leaves out a random share of the tokens.

    A text's first and last token, one of which heads may read, always stay. The draws are torch's
    own, which an interrupted training takes up where they were.
    """
    mask = batch["attention_mask"]
    seen = mask.cumsum(1)
    is_edge = (seen == 1) | (seen == seen[:, -1:])
    stays = torch.rand(mask.shape).to(mask.device) >= share
    return batch | {"attention_mask": mask * (stays | is_edge)}

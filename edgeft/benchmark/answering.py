"""Answers of a torch model as its users get them: transformers 5 has no pipeline for these."""

from collections.abc import Sequence
from typing import Any

import torch


class Answering:
    """Tokenizes, asks the model, and takes the likeliest start and end after it."""

    def __init__(self, model: Any, tokenizer: Any, device: torch.device) -> None:
        self.model = model.to(device)
        self.tokenizer = tokenizer
        self.device = device

    def __call__(self, pairs: Sequence[Any], **limits: Any) -> list[str]:
        """The first and last-plus-one character of each answer; 0 and 0 where there is none."""
        questions, contexts = (list(each) for each in zip(*pairs, strict=True))
        batch = self.tokenizer(questions, contexts, padding=True, return_tensors="pt", **limits)
        with torch.inference_mode():
            found = self.model(**batch.to(self.device))
        starts, ends = found.start_logits.float().cpu(), found.end_logits.float().cpu()
        answers = []
        for row, encoding in enumerate(batch.encodings):
            of_text = torch.tensor([part == 1 for part in encoding.sequence_ids])
            of_text[0] = True  # stands for no answer
            start = int(starts[row].masked_fill(~of_text, -torch.inf).argmax())
            end = start + int(ends[row].masked_fill(~of_text, -torch.inf)[start:].argmax())
            first, last = encoding.offsets[start][0], encoding.offsets[end][1]
            answers.append(f"{first} {last}" if start else "0 0")
        return answers

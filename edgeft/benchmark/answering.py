"""Answers of a torch model as its users get them: transformers 5 has no pipeline for these."""

from collections.abc import Sequence
from typing import Any

import torch

from edgeft.runtime.reading import overlap

FRAME = 4
"""special tokens around a question and a text, at most"""


class Answering:
    """Tokenizes, asks the model, and takes the likeliest start and end after it.

    A text that is too long is read in windows, as a bundle reads it, and as the pipeline of
    transformers 4 did: the part that lies furthest above no answer in its window is the answer.
    """

    def __init__(self, model: Any, tokenizer: Any, device: torch.device) -> None:
        self.model = model.to(device)
        self.tokenizer = tokenizer
        self.device = device

    def __call__(self, pairs: Sequence[Any], max_length: int) -> list[str]:
        """The first and last-plus-one character of each answer; 0 and 0 where there is none."""
        batch = self.tokenizer(
            [self.cut(question, max_length // 2) for question, _ in pairs],
            [context for _, context in pairs],
            truncation="only_second",
            max_length=max_length,
            stride=overlap(max_length),
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )
        texts = batch.pop("overflow_to_sample_mapping").tolist()
        with torch.inference_mode():
            found = self.model(**batch.to(self.device))
        starts, ends = found.start_logits.float().cpu(), found.end_logits.float().cpu()
        answers = ["0 0"] * len(pairs)
        highest = [0.0] * len(pairs)  # of no answer, which the first token stands for
        for row, (text, encoding) in enumerate(zip(texts, batch.encodings, strict=True)):
            of_text = torch.tensor([part == 1 for part in encoding.sequence_ids])
            if not of_text.any():
                continue
            start = int(starts[row].masked_fill(~of_text, -torch.inf).argmax())
            end = start + int(ends[row].masked_fill(~of_text, -torch.inf)[start:].argmax())
            above = starts[row, start] + ends[row, end] - starts[row, 0] - ends[row, 0]
            if above > highest[text]:
                highest[text] = float(above)
                answers[text] = f"{encoding.offsets[start][0]} {encoding.offsets[end][1]}"
        return answers

    def cut(self, question: str, tokens: int) -> str:
        """The beginning of a question that leaves room for a text, for only that has windows."""
        ends = self.tokenizer(question, add_special_tokens=False).encodings[0].offsets
        return question if len(ends) <= tokens - FRAME else question[: ends[tokens - FRAME - 1][1]]

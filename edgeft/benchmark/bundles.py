"""A bundle as an application runs it: through `edgeft.runtime`.

The total is the public call. To time its parts the instrument looks inside the classifier, rather
than open a second session that would count as memory.
"""

from collections.abc import Sequence
from itertools import chain
from time import perf_counter_ns
from typing import Any

import numpy as np

import edgeft.runtime
from edgeft.benchmark.agreement import Told, joined
from edgeft.errors import ProviderError
from edgeft.runtime.answers import Answer
from edgeft.runtime.batching import batches
from edgeft.runtime.entities import Entity
from edgeft.runtime.excerpts import Excerpt
from edgeft.runtime.given import Given
from edgeft.runtime.model import Model

CUDA = "CUDAExecutionProvider"


class TimedBundle:
    """One variant of a bundle."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.model: Model[Any] = edgeft.runtime.load(
            config["path"],
            Model,
            variant=config["variant"],
            device=config["device"],
            threads=config["threads"],
        )
        self.provider = self.model.provider
        self.threads = self.model.threads
        if config["device"] == "cuda" and self.provider != CUDA:
            raise ProviderError(
                f"asked for CUDA, {config['path']} runs on {self.provider}",
                hint="see: edgeft doctor",
            )

    def answer(self, texts: Sequence[Given]) -> list[Told]:
        """One text is asked for alone, several as one batch."""
        if len(texts) == 1:
            return [told(self.model(texts[0]))]
        return [told(each) for each in self.model(list(texts), batch_size=len(texts))]

    def parts(self, texts: Sequence[Given]) -> tuple[int, int]:
        """The steps of a call one by one; batches are cut as the runtime cuts them."""
        tokenizer, session = self.model._tokenizer, self.model._open()
        started = perf_counter_ns()
        rows = list(chain.from_iterable(tokenizer.windows(texts)))
        groups = batches([len(row.ids) for row in rows], len(texts))
        feeds = [tokenizer.feed([rows[index] for index in group]) for group in groups]
        encoded = perf_counter_ns()
        for feed in feeds:
            session.run(None, feed)
        return encoded - started, perf_counter_ns() - encoded

    def token_counts(self, texts: Sequence[Given]) -> list[int]:
        windows = self.model._tokenizer.windows(texts)
        return [sum(len(row.ids) for row in rows) for rows in windows]


def told(answer: Any) -> Told:
    """An answer without its probability: a number, labels, entities, a vector's largest place."""
    if isinstance(answer, float):
        return answer
    if isinstance(answer, np.ndarray):  # writing all of a vector would take longer than it took
        return str(answer.argmax())
    if isinstance(answer, list):  # entities, or labels that hold
        return joined(str(told(each)) for each in answer)
    if isinstance(answer, Entity):
        return f"{answer.label} {answer.start} {answer.end}"
    if isinstance(answer, Excerpt):
        return f"{answer.start} {answer.end}"
    return answer.label if isinstance(answer, Answer) else str(answer)

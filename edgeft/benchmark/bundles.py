"""A bundle as an application runs it: through `edgeft.runtime`.

The total is the public call. To time its parts the instrument looks inside the classifier, rather
than open a second session that would count as memory.
"""

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

import edgeft.runtime
from edgeft.errors import ProviderError
from edgeft.runtime.batching import batches

CUDA = "CUDAExecutionProvider"


class TimedBundle:
    """One variant of a bundle."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.model = edgeft.runtime.load(
            config["path"],
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

    def answer(self, texts: Sequence[str]) -> list[str]:
        """One text is asked for alone, several as one batch."""
        if len(texts) == 1:
            return [self.model(texts[0]).label]
        return [answer.label for answer in self.model(list(texts), batch_size=len(texts))]

    def parts(self, texts: Sequence[str]) -> tuple[int, int]:
        """The steps of a call one by one; batches are cut as the runtime cuts them."""
        tokenizer, session = self.model._tokenizer, self.model._open()
        started = perf_counter_ns()
        ids = tokenizer.encode(texts)
        groups = batches([len(row) for row in ids], len(texts))
        feeds = [tokenizer.feed([ids[index] for index in group]) for group in groups]
        encoded = perf_counter_ns()
        for feed in feeds:
            session.run(None, feed)
        return encoded - started, perf_counter_ns() - encoded

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self.model._tokenizer.encode(texts)]

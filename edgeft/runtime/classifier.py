"""A bundle that answers with one label of a closed list."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

import numpy as np

from edgeft.errors import EdgeftError
from edgeft.runtime.answers import Answer, best, best_of_one, top
from edgeft.runtime.given import Given
from edgeft.runtime.model import Model
from edgeft.runtime.outputs import Outputs


class Classifier(Model[Answer]):
    """A loaded bundle. Call it with a text, or with a list of texts.

    Where the model reads two texts together, each is a tuple of two strings. Safe to call from many
    threads at once. `close()`, or leaving a `with` block, frees it.
    """

    # a str is a sequence of str as well; the first overload that fits is the one that counts
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: Given, *, top_k: None = None, batch_size: int | None = None
    ) -> Answer: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: Given, *, top_k: int, batch_size: int | None = None
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Iterable[Given], *, top_k: None = None, batch_size: int | None = None
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Iterable[Given], *, top_k: int, batch_size: int | None = None
    ) -> list[list[Answer]]: ...

    def __call__(
        self,
        texts: Given | Iterable[Given],
        *,
        top_k: int | None = None,
        batch_size: int | None = None,
    ) -> Answer | list[Answer] | list[list[Answer]]:
        """The most probable label of a text, or of each of a list of texts, in their order.

        With `top_k`, the `top_k` most probable labels of each, best first. At most `batch_size`
        texts are computed together. Raises DataError for what is not text.
        """
        if top_k is not None and top_k < 1:
            raise EdgeftError(f"top_k is {top_k}", hint="ask for 1 label or more")
        if self._is_one(texts):
            logits = self._tempered(self._of_one(texts))
            if top_k is None:
                return best_of_one(logits[0], self.labels)
            return top(logits, self.labels, top_k)[0]
        logits = self._tempered(self.outputs(texts, batch_size=batch_size).values)
        return best(logits, self.labels) if top_k is None else top(logits, self.labels, top_k)

    def logits(self, texts: Any, batch_size: int | None = None) -> np.ndarray:
        """The logits (texts, labels) as float32, in the order of the texts."""
        return self.outputs(texts, batch_size=batch_size).values

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[Answer]:
        return best(self._tempered(outputs.values), self.labels)

    def _tempered(self, logits: np.ndarray) -> np.ndarray:
        """Logits as probabilities are made of them; the manifest's temperature calibrates these."""
        temperature = self.manifest.decoding.temperature
        return logits if temperature == 1 else logits / temperature

"""A bundle that answers with a vector."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from edgeft.runtime.model import Model
from edgeft.runtime.outputs import Outputs


class Embedder(Model[np.ndarray]):
    """A loaded bundle. Call it with a text for its vector, or with a list of texts for theirs.

    Vectors have length 1: their products are cosines. Safe to call from many threads at once.
    `close()`, or leaving a `with` block, frees it.
    """

    def __call__(self, texts: Any, *, batch_size: int | None = None) -> np.ndarray:
        """The vector of a text, float32 (hidden,), or those of n texts, (n, hidden).

        At most `batch_size` texts are computed together. Raises DataError for what is not text.
        """
        found = self.outputs(self._iterate(texts), batch_size=batch_size).values
        return found[0] if self._is_one(texts) else found

    # a str is a sequence of str as well; the first overload that fits is the one that counts
    @overload
    def similarity(self, one: str, other: str) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def similarity(self, one: str | Sequence[str], other: str | Sequence[str]) -> np.ndarray: ...

    def similarity(
        self, one: str | Sequence[str], other: str | Sequence[str]
    ) -> float | np.ndarray:
        """The cosine of two texts, from -1 to 1, as a number.

        Of a list of n texts and one text all of them, float32 (n,), and of two lists (m, n).
        """
        found = self(one) @ self(other).T
        return float(found) if np.ndim(found) == 0 else found

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[np.ndarray]:
        return list(outputs.values)

"""A bundle that answers with those labels of a closed list that hold."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

import numpy as np

from edgeft.runtime.answers import Answer, sigmoid
from edgeft.runtime.given import Given
from edgeft.runtime.model import Model
from edgeft.runtime.outputs import Outputs


class Labeller(Model[list[Answer]]):
    """A loaded bundle. Call it with a text, or with a list of texts, for the labels that hold.

    A label holds from the probability on that the manifest names for it. Safe to call from many
    threads at once. `close()`, or leaving a `with` block, frees it.
    """

    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: Given, *, batch_size: int | None = None
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Iterable[Given], *, batch_size: int | None = None
    ) -> list[list[Answer]]: ...

    def __call__(self, texts: Any, *, batch_size: int | None = None) -> Any:
        """The labels of a text, or of each of a list of texts in their order, most probable first.

        At most `batch_size` texts are computed together. Raises DataError for what is not text.
        """
        return super().__call__(texts, batch_size=batch_size)

    def probabilities(self, texts: Any, batch_size: int | None = None) -> np.ndarray:
        """How probable each label is, (texts, labels), whether it holds or not."""
        return self._chances(self.outputs(texts, batch_size=batch_size))

    def _chances(self, outputs: Outputs) -> np.ndarray:
        return sigmoid(outputs.values / self.manifest.decoding.temperature)

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[list[Answer]]:
        chances = self._chances(outputs)
        holds = chances >= np.asarray(self.manifest.decoding.thresholds, np.float32)
        return [
            [
                Answer(self.labels[place], float(row[place]))
                for place in np.argsort(-row, kind="stable")
                if kept[place]
            ]
            for row, kept in zip(chances, holds, strict=True)
        ]

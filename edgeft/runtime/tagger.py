"""A bundle that answers with labelled parts of a text."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

import numpy as np

from edgeft.runtime.answers import softmax
from edgeft.runtime.deciding import lowered
from edgeft.runtime.entities import Entity, runs, types_of
from edgeft.runtime.model import Model
from edgeft.runtime.outputs import Outputs


class Tagger(Model[list[Entity]]):
    """A loaded bundle. Call it with a text, or with a list of texts, for the entities in each.

    A text of any length is read, in windows that overlap where it is longer than the model reads at
    once. Safe to call from many threads at once. `close()`, or leaving a `with` block, frees it.
    """

    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: str, *, batch_size: int | None = None
    ) -> list[Entity]: ...
    @overload
    def __call__(
        self, texts: Iterable[str], *, batch_size: int | None = None
    ) -> list[list[Entity]]: ...

    def __call__(self, texts: Any, *, batch_size: int | None = None) -> Any:
        """The entities of a text, or of each of a list of texts, in the order in which they stand.

        At most `batch_size` texts are computed together. Raises DataError for what is not text.
        """
        return super().__call__(texts, batch_size=batch_size)

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[list[Entity]]:
        if outputs.starts is None or outputs.spans is None:
            raise ValueError("these outputs are of whole texts")
        found: list[list[Entity]] = [[] for _ in texts]
        decoding = self.manifest.decoding
        chosen = lowered(outputs.values, decoding.thresholds).argmax(axis=1)
        entities = runs(chosen, outputs.starts, self.labels)
        if not len(entities.firsts):
            return found
        types = types_of(self.labels)
        for row, first, last, kind in zip(
            entities.rows.tolist(),
            entities.firsts.tolist(),
            entities.lasts.tolist(),
            entities.kinds.tolist(),
            strict=True,
        ):
            start, end = int(outputs.spans[first, 0]), int(outputs.spans[last - 1, 1])
            chances = softmax(outputs.values[first:last] / decoding.temperature)
            score = float(np.mean(chances[np.arange(last - first), chosen[first:last]]))
            found[row].append(Entity(types[kind], texts[row][start:end], start, end, score))
        return found

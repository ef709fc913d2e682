"""A bundle that answers with a number."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

from edgeft.runtime.given import Given
from edgeft.runtime.model import Model
from edgeft.runtime.outputs import Outputs


class Scorer(Model[float]):
    """A loaded bundle. Call it with a text, or with a list of texts, for a number each.

    Where the model reads two texts together, each is a tuple of two strings. Safe to call from many
    threads at once. `close()`, or leaving a `with` block, frees it.
    """

    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: Given, *, batch_size: int | None = None
    ) -> float: ...
    @overload
    def __call__(self, texts: Iterable[Given], *, batch_size: int | None = None) -> list[float]: ...

    def __call__(self, texts: Any, *, batch_size: int | None = None) -> Any:
        """The number of a text, or of each of a list of texts, in their order.

        At most `batch_size` texts are computed together. Raises DataError for what is not text.
        """
        return super().__call__(texts, batch_size=batch_size)

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[float]:
        found: list[float] = outputs.values[:, 0].astype(float).tolist()
        return found

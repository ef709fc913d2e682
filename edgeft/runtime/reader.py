"""A bundle that answers a question with a part of a text."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

from edgeft.runtime.excerpts import Excerpt, excerpt_of
from edgeft.runtime.model import Model
from edgeft.runtime.outputs import Outputs

Asked = tuple[str, str]
"""a question, and the text in which its answer is looked for"""


class Reader(Model[Excerpt]):
    """A loaded bundle. Call it with a question and a text, or with a list of such pairs.

    A text of any length is read, in windows that overlap where it is longer than the model reads at
    once. Safe to call from many threads at once. `close()`, or leaving a `with` block, frees it.
    """

    @overload
    def __call__(self, texts: str, context: str, *, batch_size: int | None = None) -> Excerpt: ...
    @overload
    def __call__(
        self, texts: Asked, context: None = None, *, batch_size: int | None = None
    ) -> Excerpt: ...
    @overload
    def __call__(
        self, texts: Iterable[Asked], context: None = None, *, batch_size: int | None = None
    ) -> list[Excerpt]: ...

    def __call__(
        self, texts: Any, context: str | None = None, *, batch_size: int | None = None
    ) -> Any:
        """The part of a text that answers a question, or one for each pair of a list.

        `model(question, context)` is `model((question, context))`. At most `batch_size` windows are
        computed together. Raises DataError for what is not text.
        """
        given = texts if context is None else (texts, context)
        return super().__call__(given, batch_size=batch_size)

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[Excerpt]:
        if outputs.starts is None or outputs.spans is None:
            raise ValueError("these outputs are of whole texts")
        decoding = self.manifest.decoding
        found = []
        for row, (_, context) in enumerate(texts):
            own = slice(outputs.starts[row], outputs.starts[row + 1])
            found.append(
                excerpt_of(
                    context,
                    outputs.values[own],
                    outputs.spans[own],
                    decoding.thresholds,
                    decoding.longest,
                    decoding.temperature,
                )
            )
        return found

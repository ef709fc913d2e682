"""A bundle that answers how two parts of a text are related."""

from collections.abc import Iterable
from typing import Any, overload

from edgeft.runtime.answers import Answer
from edgeft.runtime.classifier import Classifier
from edgeft.runtime.given import each_as
from edgeft.runtime.marking import Mentions, written

About = str | Mentions
"""a text with <e1> and <e2> around its two parts, or one with their characters"""


class RelationClassifier(Classifier):
    """A loaded bundle. Call it with Mentions, or with a list of such.

    Mentions are a text and the characters of two parts of it, in their order: whoever founded what,
    or the other way round. A string is a text with <e1>, </e1>, <e2> and </e2> around the two. Safe
    to call from many threads at once. `close()`, or leaving a `with` block, frees it.
    """

    # a str is a sequence of str as well; the first overload that fits is the one that counts
    @overload  # type: ignore[override]  # other models read other things
    def __call__(  # type: ignore[overload-overlap]
        self, texts: About, *, top_k: None = None, batch_size: int | None = None
    ) -> Answer: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: About, *, top_k: int, batch_size: int | None = None
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Iterable[About], *, top_k: None = None, batch_size: int | None = None
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Iterable[About], *, top_k: int, batch_size: int | None = None
    ) -> list[list[Answer]]: ...

    def __call__(
        self, texts: Any, *, top_k: int | None = None, batch_size: int | None = None
    ) -> Answer | list[Answer] | list[list[Answer]]:
        """The most probable relation of the parts, or those of each of a list, in their order.

        With `top_k`, the `top_k` most probable relations of each, best first. At most `batch_size`
        texts are computed together. Raises DataError for a text without two marked parts.
        """
        asked = written(texts) if self._is_one(texts) else list(self._iterate(texts))
        return super().__call__(asked, top_k=top_k, batch_size=batch_size)

    def _is_one(self, texts: Any) -> bool:
        return isinstance(texts, str | Mentions)

    def _iterate(self, texts: Any) -> Iterable[Any]:
        return each_as(super()._iterate(texts), written)

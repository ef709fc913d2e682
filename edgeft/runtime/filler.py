"""A bundle that answers which word is hidden in a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from edgeft.runtime.answers import Answer
from edgeft.runtime.classifier import Classifier
from edgeft.runtime.given import each_as
from edgeft.runtime.masks import MASK, one_mask
from edgeft.runtime.outputs import Outputs


@dataclass(frozen=True, slots=True)
class Filling(Answer):
    """A word that may be hidden, how probable it is, and the text with it."""

    filled: str
    """the text with the word, `label`, in the place of [MASK]"""


class Filler(Classifier):
    """A loaded bundle. Call it with a text in which [MASK] stands for one word, or with a list.

    Safe to call from many threads at once. `close()`, or leaving a `with` block, frees it.
    """

    # a str is a sequence of str as well; the first overload that fits is the one that counts
    @overload  # type: ignore[override]  # what it answers holds more
    def __call__(  # type: ignore[overload-overlap]
        self, texts: str, *, top_k: None = None, batch_size: int | None = None
    ) -> Filling: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: str, *, top_k: int, batch_size: int | None = None
    ) -> list[Filling]: ...
    @overload
    def __call__(
        self, texts: Iterable[str], *, top_k: None = None, batch_size: int | None = None
    ) -> list[Filling]: ...
    @overload
    def __call__(
        self, texts: Iterable[str], *, top_k: int, batch_size: int | None = None
    ) -> list[list[Filling]]: ...

    def __call__(
        self, texts: Any, *, top_k: int | None = None, batch_size: int | None = None
    ) -> Filling | list[Filling] | list[list[Filling]]:
        """The most probable word of a text, or of each of a list of texts, in their order.

        With `top_k`, the `top_k` most probable words of each, best first. At most `batch_size`
        texts are computed together. Raises DataError for a text without one [MASK].
        """
        one = self._is_one(texts)
        asked = [one_mask(texts)] if one else list(self._iterate(texts))
        answers: Any = super().__call__(
            asked[0] if one else asked, top_k=top_k, batch_size=batch_size
        )
        found = [
            filling(text, each) if top_k is None else [filling(text, some) for some in each]
            for text, each in zip(asked, [answers] if one else answers, strict=True)
        ]
        return found[0] if one else found  # type: ignore[return-value]  # one of the three

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[Answer]:
        answers = super()._decode(texts, outputs)
        return [filling(text, each) for text, each in zip(texts, answers, strict=True)]

    def _iterate(self, texts: Any) -> Iterable[Any]:
        return each_as(super()._iterate(texts), one_mask)


def filling(text: str, answer: Answer) -> Filling:
    """An answer with the text that it fills."""
    return Filling(answer.label, answer.probability, text.replace(MASK, answer.label))

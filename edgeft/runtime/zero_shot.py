"""Labels that are given when a bundle is used, by their names: nothing is trained for them.

A sentence encoder puts a text near to what it is about, so the nearest name answers (Chang et al.
2008, "Importance of Semantic Representation: Dataless Classification"). A model that was trained on
natural language inference says whether "This text is about sport." follows from a text (Yin et al.
2019, "Benchmarking zero-shot text classification", https://arxiv.org/abs/1909.00161).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from edgeft.errors import BundleError, DataError, EdgeftError
from edgeft.runtime.answers import Answer, best, sigmoid, softmax, top
from edgeft.runtime.batching import windows
from edgeft.runtime.classifier import Classifier
from edgeft.runtime.embedder import Embedder
from edgeft.runtime.model import Model
from edgeft.runtime.naming import has_a_place, readable

NEAREST = "{}"
"""the template for a sentence encoder where none is given: the name alone"""
ENTAILED = "This text is about {}."
"""the template for natural language inference where none is given"""
SHARPNESS = 0.05
"""what cosines are divided by before they become probabilities"""
AT_ONCE = 1000
"""texts whose vectors, or pairs with the labels, are in memory together"""


class ZeroShot:
    """A loaded bundle with labels of your own. Call it with a text, or with a list of texts.

    As safe to call from many threads at once as the model that it asks, which stays yours to close.
    """

    def __init__(
        self,
        model: Model[Any],
        labels: Sequence[str] | Mapping[str, str],
        *,
        template: str | Sequence[str] | None = None,
        temperature: float | None = None,
        several: bool = False,
        threshold: float = 0.5,
        entailment: str | None = None,
    ) -> None:
        """Use a sentence encoder, or a classifier of pairs that knows entailment, for `labels`.

        `labels` are names, of which underscores and the like are read as spaces, or names and what
        to call each. `template` has {} in the place of that; of several ones a sentence encoder
        takes the mean. Logits are divided by `temperature`: by default 0.05 for cosines, and what
        the bundle was calibrated to for a classifier. With `several` each label is asked about
        alone, and those hold that are as probable as `threshold`; cosines cannot tell that.
        `entailment` names the label of a classifier that says that one text follows from another,
        where it is not called so. Raises EdgeftError for labels, a template or a model that will
        not do.
        """
        called = by_name(labels)
        self.model = model
        self.labels = list(called)
        self.several = several
        self.threshold = threshold
        if len(called) < len(labels):
            raise DataError("a label stands twice", hint="give each label one name")
        if len(called) < 2 and not (several and called):
            raise DataError(
                f"{len(called) or 'no'} label{'s' if not called else ''} to choose from",
                hint='give two or more, such as `labels=["sport", "politics"]`',
            )
        if temperature is not None and not 0 < temperature < math.inf:
            raise EdgeftError(f"temperature is {temperature}", hint="use a number above 0")
        self._ask: ByCosine | ByEntailment
        if isinstance(model, Embedder):
            if several:
                raise EdgeftError(
                    "a cosine does not say whether a label holds, only which is nearest",
                    hint="leave several out, or use a bundle trained on entailment",
                )
            if entailment is not None:
                raise EdgeftError(
                    "a sentence encoder has no label for entailment", hint="leave entailment out"
                )
            sharpness = SHARPNESS if temperature is None else temperature
            self._ask = ByCosine(model, called, templates(template, NEAREST), sharpness)
        elif isinstance(model, Classifier) and model.manifest.decoding.pairs:
            found = templates(template, ENTAILED)
            if len(found) > 1:
                raise EdgeftError(
                    f"{len(found)} templates, and every one is a pass over all labels",
                    hint="give one",
                )
            self._ask = ByEntailment(model, called, found[0], temperature, entailment)
        else:
            raise BundleError(
                f"{model.path} is a {type(model).__name__} that reads one text: it cannot tell new"
                " labels by their names",
                hint="use a bundle of sentence embeddings, or one of pairs that knows entailment",
            )

    def __call__(
        self, texts: Any, *, top_k: int | None = None, batch_size: int | None = None
    ) -> Any:
        """The most probable label of a text as an Answer, or a list of them for a list of texts.

        With `top_k` the `top_k` most probable labels, best first; with `several` those that hold,
        which may be none. Raises DataError for what is not text.
        """
        if top_k is not None and top_k < 1:
            raise EdgeftError(f"top_k is {top_k}", hint="ask for 1 label or more")
        one = isinstance(texts, str)
        found = list(self._answers([texts] if one else iterable(texts), top_k, batch_size))
        return found[0] if one else found

    def stream(
        self, texts: Iterable[str], *, top_k: int | None = None, batch_size: int | None = None
    ) -> Iterator[Any]:
        """Answer an iterable of any length, holding some of its texts at a time."""
        yield from self._answers(iterable(texts), top_k, batch_size)

    def logits(self, texts: Any, batch_size: int | None = None) -> np.ndarray:
        """What probabilities are made of, float32 (texts, labels), in the order of the labels."""
        given = [texts] if isinstance(texts, str) else iterable(texts)
        parts = [self._ask(some, batch_size) for some in windows(given, AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)), np.float32)

    def probabilities(self, texts: Any, batch_size: int | None = None) -> np.ndarray:
        """How probable each label is, (texts, labels): their sum is 1 unless there are several."""
        logits = self.logits(texts, batch_size)
        if self.several:
            return sigmoid(logits)
        return softmax(logits)

    def _answers(
        self, texts: Iterable[str], top_k: int | None, batch_size: int | None
    ) -> Iterator[Answer | list[Answer]]:
        for some in windows(texts, AT_ONCE):
            logits = self._ask(some, batch_size)
            if self.several:
                yield from self._holding(sigmoid(logits), top_k)
            else:
                labels = self.labels
                yield from best(logits, labels) if top_k is None else top(logits, labels, top_k)

    def _holding(self, chances: np.ndarray, top_k: int | None) -> Iterator[list[Answer]]:
        """Of each row the labels that hold, or the `top_k` most probable ones, best first."""
        for row in chances:
            order = np.argsort(-row, kind="stable")[:top_k]
            kept = [place for place in order if top_k or row[place] >= self.threshold]
            yield [Answer(self.labels[place], float(row[place])) for place in kept]


class ByCosine:
    """Logits of labels by how near a text's vector is to that of what they are called."""

    def __init__(
        self,
        model: Embedder,
        called: Mapping[str, str],
        templates: Sequence[str],
        temperature: float,
    ) -> None:
        ways = [model([each.format(name) for name in called.values()]) for each in templates]
        mean = np.mean(ways, axis=0)
        lengths = np.linalg.norm(mean, axis=1, keepdims=True)
        self.model = model
        self.vectors = (mean / np.maximum(lengths, 1e-12)).astype(np.float32)  # (labels, hidden)
        self.temperature = temperature

    def __call__(self, texts: Sequence[str], batch_size: int | None) -> np.ndarray:
        found = self.model(texts, batch_size=batch_size) @ self.vectors.T
        logits: np.ndarray = found / self.temperature
        return logits


class ByEntailment:
    """Logits of labels by whether a sentence with what they are called follows from a text."""

    def __init__(
        self,
        model: Classifier,
        called: Mapping[str, str],
        template: str,
        temperature: float | None,
        entailment: str | None,
    ) -> None:
        self.model = model
        self.sentences = [template.format(name) for name in called.values()]
        self.temperature = temperature or model.manifest.decoding.temperature
        self.follows, self.contradicts = places_of(model, entailment)

    def __call__(self, texts: Sequence[str], batch_size: int | None) -> np.ndarray:
        pairs = [(refuse_other(text), each) for text in texts for each in self.sentences]
        found = self.model.logits(pairs, batch_size=batch_size)
        sure = (found[:, self.follows] - found[:, self.contradicts]) / self.temperature
        logits: np.ndarray = sure.reshape(len(texts), len(self.sentences))
        return logits


def by_name(labels: Iterable[str] | Mapping[str, str]) -> dict[str, str]:
    """Labels, and what each is called: by default its name as words.

    Raises DataError for what is no list of names, and for a name that says nothing.
    """
    hint = 'give names, such as `labels=["sport", "politics"]`'
    if isinstance(labels, str | bytes) or not isinstance(labels, Iterable):
        raise DataError(f"the labels are {labels!r:.60}, not a list of names", hint=hint)
    for each in (*labels, *labels.values()) if isinstance(labels, Mapping) else labels:
        if not isinstance(each, str) or not each.strip():
            raise DataError(f"{each!r:.60} is no name of a label", hint=hint)
    if isinstance(labels, Mapping):
        return dict(labels)
    return {each: readable(each) for each in labels}


def places_of(model: Classifier, entailment: str | None) -> tuple[int, int]:
    """Where a classifier's labels say that a text follows, and that it does not.

    The second is a label called contradiction, or else the last of the others. Raises BundleError
    where none is called entailment.
    """
    names = [each.casefold() for each in model.labels]
    wanted = (entailment or "entail").casefold()
    fits = [place for place, name in enumerate(names) if name.startswith(wanted)]
    if len(fits) != 1 or len(names) < 2:
        raise BundleError(
            f"{model.path} has no label for entailment; it has: {', '.join(model.labels)}",
            hint="name it: --entailment LABEL, or ZeroShot(..., entailment=LABEL)",
        )
    others = [place for place in range(len(names)) if place != fits[0]]
    against = [place for place in others if names[place].startswith("contradict")]
    return fits[0], (against or others)[-1]


def templates(given: str | Sequence[str] | None, usual: str) -> list[str]:
    """Templates as a list; raises DataError for one without a place for a label, or with others."""
    found = [usual] if given is None else [given] if isinstance(given, str) else list(given)
    for each in found:
        if not has_a_place(each):
            raise DataError(
                f"the template {each!r} needs one {{}} for what a label is called",
                hint=f"such as {ENTAILED!r}",
            )
    if not found:
        raise DataError("there is no template", hint=f"such as {ENTAILED!r}")
    return found


def iterable(texts: Any) -> Iterable[str]:
    """Texts as given; raises DataError for what is no iterable of them."""
    if isinstance(texts, bytes) or not isinstance(texts, Iterable):
        raise DataError(
            f"{texts!r:.60} is no text and no list of them", hint="pass a string or a list"
        )
    return texts


def refuse_other(text: Any) -> str:
    """A text, as given; raises DataError for what is none."""
    if not isinstance(text, str):
        raise DataError(f"{text!r:.60} is not a text", hint="pass strings")
    return text

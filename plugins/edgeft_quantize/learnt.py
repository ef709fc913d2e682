"""What a model has learnt to be rounded to: its file takes that where nobody names another kind."""

from collections.abc import Mapping
from typing import Any, TypeVar

from edgeft.plugin import Bundle
from edgeft.progress import Progress
from edgeft_quantize import QuantizeOptions

FEWER = {"embeddings": ("int4", "pq"), "weights": ("int4",)}
"""kinds of fewer bits than a file has anyway, by option"""
TRAINING = ("finetune", "distill")
"""kinds of step after which a model knows no longer what it learnt before"""

O = TypeVar("O", bound=QuantizeOptions)  # noqa: E741


def as_learnt(options: O, bundle: Bundle, progress: Progress) -> O:
    """The options, with the kinds that the model learnt where they are `auto`.

    A note tells of these, and of others that are named in their place.
    """
    found = {
        name: kind
        for name, kind in learnt(bundle).items()
        if name in type(options).model_fields and kind in FEWER[name]
    }
    left_open = {name: kind for name, kind in found.items() if getattr(options, name) == "auto"}
    if left_open:
        progress.note(f"quantize: {listed(left_open)}, as the model has learnt")
    others = {
        name: kind
        for name, kind in found.items()
        if name not in left_open and getattr(options, name) != kind
    }
    if others:
        named = {name: getattr(options, name) for name in others}
        progress.note(f"quantize: {listed(named)}, though the model has learnt {listed(others)}")
    return options.model_copy(update=left_open)


def learnt(bundle: Bundle) -> dict[str, Any]:
    """The kinds that the last training of a bundle's model rounded to, if it did, by option."""
    trained = [each for each in bundle.manifest.history if each.kind in TRAINING]
    if not trained:
        return {}
    last = trained[-1]
    said = last.options if last.method == "qat" else last.options.get("qat") or {}
    return {"embeddings": said.get("embeddings"), "weights": said.get("products")}


def listed(kinds: Mapping[str, str]) -> str:
    """Options as a recipe has them."""
    return ", ".join(f"{name}: {kind}" for name, kind in kinds.items())

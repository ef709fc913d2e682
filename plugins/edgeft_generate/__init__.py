"""Augmenters that let language models write: masked, translating, causal."""

from collections.abc import Iterable
from typing import Any

from edgeft.plugin import Augmenter, hookimpl


@hookimpl
def edgeft_register_augmenters() -> Iterable[type[Augmenter[Any]]]:
    return []

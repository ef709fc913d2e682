"""What labels are called, in words."""

from collections.abc import Mapping

from edgeft.errors import ModelError
from edgeft.runtime.naming import readable


def descriptions(labels: list[str], given: Mapping[str, str]) -> list[str]:
    """A text for every label: the one that was given, or else its name as words.

    Raises ModelError for a description of what is no label.
    """
    unknown = sorted(set(given) - set(labels))
    if unknown:
        raise ModelError(
            f"descriptions names {unknown[0]!r}, which is not among the labels",
            hint=f"known: {', '.join(labels[:10])}",
        )
    return [given.get(label) or readable(label) for label in labels]

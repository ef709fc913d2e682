"""What labels are called, in words."""

from edgeft.errors import ModelError
from edgeft.probing import HeadOptions


def descriptions(labels: list[str], options: HeadOptions) -> list[str]:
    """A text for every label: the one that was given, or else its name as words.

    Raises ModelError for a description of what is no label.
    """
    unknown = sorted(set(options.descriptions) - set(labels))
    if unknown:
        raise ModelError(
            f"descriptions names {unknown[0]!r}, which is not among the labels",
            hint=f"known: {', '.join(labels[:10])}",
        )
    return [options.descriptions.get(label) or readable(label) for label in labels]


def readable(label: str) -> str:
    """A label's name as words: card_arrival and cardArrival say "card arrival"."""
    spaced = "".join(
        f" {each}" if each.isupper() and before.islower() else each
        for before, each in zip(f" {label}", label, strict=False)
    )
    return " ".join(spaced.replace("_", " ").replace("-", " ").split())

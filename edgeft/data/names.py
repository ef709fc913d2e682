"""What labels are called, in words."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from edgeft.data.records import reading
from edgeft.errors import DataError, ModelError
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


def handed_on(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What of a dataset's summary holds for one made of its rows too: what its labels are called.

    Counts are of the rows there are, and do not.
    """
    return {key: value for key, value in summary.items() if key == "called"}


def called(given: str | list[str] | dict[str, str]) -> dict[str, str]:
    """Labels and what each is called: from a file, a list of names, or a mapping.

    Raises DataError for a file that cannot be read, and for a name that stands twice or is empty.
    """
    if isinstance(given, dict):
        return pairs(given.items(), "labels")
    if isinstance(given, list):
        return pairs(((label, "") for label in given), "labels")
    with reading(Path(given).expanduser(), "utf-8") as file:
        lines = [line.partition("\t") for line in file.read().splitlines() if line.strip()]
    return pairs(((label, name) for label, _, name in lines), given)


def pairs(given: Iterable[tuple[str, str]], where: str) -> dict[str, str]:
    """Labels with what each is called, their names as words where nothing is said."""
    found: dict[str, str] = {}
    for label, name in ((label.strip(), name.strip()) for label, name in given):
        if not label:
            raise DataError(f"{where:.60}: a label without a name", hint="remove it")
        if label in found:
            raise DataError(f"{where:.60}: label {label!r} stands twice", hint="remove one")
        found[label] = name or readable(label)
    return found

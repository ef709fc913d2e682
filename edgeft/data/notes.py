"""Sentences about a dataset that its user should read before training on it."""

import unicodedata
from collections.abc import Iterable
from typing import Any

NONE = ("nan", "null", "n/a", "<na>", "#n/a")
"""what programs write for a value that there is not"""
LIST = "; skipped.txt of the prepared dataset has all"
ALIKE = 5
"""such pairs of labels that are named"""
LONG = 100_000
"""characters of a text that nobody meant to be one"""


def rows_of(count: int, role: str) -> str:
    """So many rows of a role: `1 row of train`."""
    return f"{count:,} row{'' if count == 1 else 's'} of {role}"


def are(count: int) -> str:
    """The verb of so many rows."""
    return "is" if count == 1 else "are"


def notes(summary: dict[str, Any]) -> list[str]:
    """What stands out in a summary, a sentence each, most serious first."""
    return [*leaks(summary), *odd_rows(summary), *odd_labels(summary)]


def leaks(summary: dict[str, Any]) -> list[str]:
    """Held-out rows that stand in train as well."""
    return [
        f"{found['near']:,} of {summary['splits'][split]['rows']:,} rows of {split} stand in train"
        f" ({found['exact']:,} exactly): figures on {split} are too good"
        for split, found in summary["overlap"].items()
        if split != "unlabelled" and found["near"]
    ]


def odd_rows(summary: dict[str, Any]) -> list[str]:
    """Rows that were left out, count otherwise, contradict each other, or are suspiciously long."""
    found = unused(summary, listed=True)
    if summary.get("held_out_in_pool"):
        found.append(
            f"{summary['held_out_in_pool']:,} rows of unlabelled are like a text of validation or"
            " test and are left out"
        )
    if weighted := summary.get("weighted"):
        found.append(
            f"{weighted['rows']:,} rows of train count otherwise than 1: their weights go from"
            f" {weighted['least']:g} to {weighted['most']:g}"
        )
    if summary["conflicting"]:
        found.append(
            f"{summary['conflicting']:,} rows of train have a text that also has another label"
        )
    for split, described in summary["splits"].items():
        longest = described["characters"]["max"]
        if longest > LONG:
            found.append(f"the longest text of {split} has {longest:,} characters")
    return found


def unused(summary: dict[str, Any], *, listed: bool = False) -> list[str]:
    """Rows that are left out, empty or of no use; and what is read, though not as it stands."""
    empty = summary.get("empty", {})
    found = [
        f"{rows_of(dropped, role)} {'has' if dropped == 1 else 'have'} an empty text and"
        f" {are(dropped)} left out" + (f", the first: {empty[role][0]}" if role in empty else "")
        for role, dropped in summary["dropped"].items()
        if dropped
    ]
    found += [
        f"{rows_of(each['rows'], role)} cannot be used and {are(each['rows'])} left out, the first:"
        f" {each['first'][0]}" + LIST * (listed and each["rows"] > 1)
        for role, each in summary.get("skipped", {}).items()
    ]
    return [*found, *summary.get("remarks", {}).values()]


def odd_labels(summary: dict[str, Any]) -> list[str]:
    """Labels that cannot be judged, or that may be one label written in two ways."""
    train = summary["splits"]["train"]["labels"]
    found = []
    validation = summary["splits"].get("validation")
    if validation and validation["labels"]:  # else nothing was counted there, not even a zero
        unjudged = sorted(label for label in train if not validation["labels"].get(label))
        if unjudged:
            more = f" and {len(unjudged) - 5} others" if len(unjudged) > 5 else ""
            found.append(f"no row of validation has the label {', '.join(unjudged[:5])}{more}")
    found += [
        f"{rows:,} rows of train have the label {label!r}: where that stands for none, leave the"
        " cell empty"
        for label, rows in train.items()
        if label.casefold() in NONE
    ]
    return found + alike_labels(train)


def alike_labels(labels: Iterable[str]) -> list[str]:
    """A sentence for each label that differs from an earlier one only in how it is written."""
    first: dict[str, str] = {}
    found = []
    for label in labels:
        folded = unicodedata.normalize("NFKC", label).casefold()
        twin = first.setdefault(" ".join(folded.split()), label)
        if twin != label:
            case = twin.casefold() == label.casefold()
            what = "in case only" if case else "only in blanks or in how a sign is encoded"
            found.append(f"labels {twin!r} and {label!r} differ {what}")
    more = f"{len(found) - ALIKE:,} further labels differ as little from others"
    return found if len(found) <= ALIKE else [*found[:ALIKE], more]

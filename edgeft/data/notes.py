"""Sentences about a dataset that its user should read before training on it."""

import unicodedata
from collections.abc import Iterable
from typing import Any

NONE = ("nan", "null", "n/a", "<na>", "#n/a")
"""what programs write for a value that there is not"""
LIST = "; skipped.txt of the prepared dataset has all"
ALIKE = 5
"""labels that are written in several ways, of those that are named"""
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
        f"{found['near']:,} of {summary['splits'][split]['rows']:,} rows of {split} stand in train,"
        f" or nearly so ({found['exact']:,} exactly): figures on {split} are too good"
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
    found = [
        f"no row of {split} has the label {', '.join(unjudged[:5])}"
        + (f" and {len(unjudged) - 5} others" if len(unjudged) > 5 else "")
        for split in ("validation", "test")
        if (unjudged := missing_in(summary["splits"].get(split), train))
    ]
    found += [
        f"{rows:,} rows of train have the label {label!r}: where that stands for none, leave the"
        " cell empty"
        for label, rows in train.items()
        if label.casefold() in NONE
    ]
    return found + alike_labels(train)


def missing_in(split: dict[str, Any] | None, labels: Iterable[str]) -> list[str]:
    """The labels that no row of a split has; none where nothing was counted, not even a zero."""
    if not split or not split["labels"]:
        return []
    return sorted(label for label in labels if not split["labels"].get(label))


def alike_labels(labels: Iterable[str]) -> list[str]:
    """A sentence for labels that differ from each other only in how they are written."""
    written: dict[str, list[str]] = {}
    for label in labels:
        folded = unicodedata.normalize("NFKC", label).casefold()
        written.setdefault(" ".join(folded.split()), []).append(label)
    found = []
    for several in written.values():
        if len(several) > 1:
            *others, last = map(repr, several)
            case = len({each.casefold() for each in several}) == 1
            how = "in case only" if case else "only in case, blanks or how a sign is encoded"
            found.append(f"labels {', '.join(others)} and {last} differ {how}")
    more = f"{len(found) - ALIKE:,} further labels are written in several ways, too"
    return found if len(found) <= ALIKE else [*found[:ALIKE], more]

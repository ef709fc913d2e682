"""CoNLL files: a token and its tag a line, a blank line between sentences."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from edgeft.errors import DataError

SUFFIXES = (".conll", ".iob", ".iob2", ".bio", ".txt")
DOCUMENT = "-DOCSTART-"
TAG = re.compile(r"O|[BIESLUM]-\S+")
REMARK = re.compile(r"# +\S[^\t]*$")
"""a line that may be a comment"""

Line = tuple[str, str | None]
"""a token, and its tag if the line has one"""
Numbered = tuple[int, str]
"""a line and its number"""
Read = tuple[int, tuple[Any, ...] | DataError]
"""a sentence, or what is wrong with one that cannot be used"""


def read_conll(lines: Iterable[str], roles: Collection[str]) -> Iterator[Read]:
    """Yield of each sentence the number of its first line, and its tokens and tags by `roles`.

    Columns are separated by tabs, or else by blanks; the first is the token and the last the tag.
    Lines of documents and comments are left out, see `without_comments`. Where tags are wanted,
    a sentence with a line that has none is the number of that line and a DataError. Raises
    DataError for a role that such a file cannot have.
    """
    for role in roles:
        if role not in ("text", "label"):
            raise DataError(
                f"a file of tokens and tags has no column for the {role}",
                hint=f"leave `columns: {{{role}: ...}}` out, or write the data as jsonl",
            )
    for numbers, tokens, tags in sentences(lines):
        if "label" in roles and not all(tags):
            bad = next(place for place, tag in enumerate(tags) if not tag)
            yield numbers[bad], without_tag(tokens[bad])
        else:
            found = {"text": tokens, "label": tags}
            yield numbers[0], tuple(found[role] for role in roles)


def without_tag(token: str) -> DataError:
    """The error for a line with a token alone."""
    return DataError(
        f"{token!r} has no tag",
        hint="write O, or B- or I- and a type, such as B-person, for each token",
    )


def sentences(lines: Iterable[str]) -> Iterator[tuple[list[int], list[str], list[str | None]]]:
    """The numbers of each sentence's lines, its tokens and its tags."""
    for block in blocks(lines):
        found = without_comments(block)
        if found:
            tokens, tags = zip(*(token_and_tag(line) for _, line in found), strict=True)
            yield [number for number, _ in found], list(tokens), list(tags)


def blocks(lines: Iterable[str]) -> Iterator[list[Numbered]]:
    """The lines that stand together, with their numbers."""
    found: list[Numbered] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(DOCUMENT):
            yield found
            found = []
        else:
            found.append((number, line))
    yield found


def token_and_tag(line: str) -> Line:
    """The token of a line and its tag."""
    parts = columns(line)
    return parts[0], parts[-1] if len(parts) > 1 else None


def columns(line: str) -> list[str]:
    """What stands between the tabs of a line, or else between its blanks."""
    parts = line.strip("\r\n").split("\t") if "\t" in line else line.split()
    return [part.strip() for part in parts]


def without_comments(block: list[Numbered]) -> list[Numbered]:
    """The lines of a sentence that are not about it, as `# text = ...` is.

    A comment is `#`, a blank and more, without tabs, in another number of columns than the lines of
    the sentence have. Before the first token it may have as many, unless it ends in O or the like
    of B-person. In any other line `#` is a token, and so is `#word`.
    """
    width = next((len(columns(line)) for _, line in block if not REMARK.match(line)), None)
    found: list[Numbered] = []
    for number, line in block:
        parts = columns(line)
        fits = width in (None, len(parts))
        if not REMARK.match(line) or (fits and (found or TAG.fullmatch(parts[-1]))):
            found.append((number, line))
    return found

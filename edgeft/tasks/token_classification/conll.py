"""CoNLL files: a token and its tag a line, a blank line between sentences."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from edgeft.errors import DataError

SUFFIXES = (".conll", ".iob", ".iob2", ".bio", ".txt")
DOCUMENT = "-DOCSTART-"
TAG = re.compile(r"O|[BIESLUM]-\S+")

Line = tuple[str, str | None]
"""a token, and its tag if the line has one"""


def read_conll(lines: Iterable[str], roles: Iterable[str]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield of each sentence the number of its first line, and its tokens and tags by `roles`.

    Columns are separated by tabs, or else by blanks; the first is the token and the last the tag.
    Lines of documents and comments are left out. Raises DataError for a role that such a file
    cannot have.
    """
    for role in roles:
        if role not in ("text", "label"):
            raise DataError(
                f"a file of tokens and tags has no column for the {role}",
                hint=f"leave `columns: {{{role}: ...}}` out, or write the data as jsonl",
            )
    for number, sentence in sentences(lines):
        tokens, tags = map(list, zip(*sentence, strict=True))
        found = {"text": tokens, "label": tags}
        yield number, tuple(found[role] for role in roles)


def sentences(lines: Iterable[str]) -> Iterator[tuple[int, list[Line]]]:
    """Each sentence with the number of its first line."""
    found: list[Line] = []
    first = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(DOCUMENT):
            if found:
                yield first, found
            found = []
        elif not is_comment(line):
            first = first if found else number
            found.append(columns(line))
    if found:
        yield first, found


def columns(line: str) -> Line:
    """The token of a line and its tag."""
    parts = line.strip("\r\n").split("\t") if "\t" in line else line.split()
    parts = [part.strip() for part in parts]
    return parts[0], parts[-1] if len(parts) > 1 else None


def is_comment(line: str) -> bool:
    """Whether a line is about the sentence, and not of it: such as `# text = ...`.

    A token may be `#`, or begin with it: then a tag follows.
    """
    return line.startswith("#") and "\t" not in line and not TAG.fullmatch(line.split()[-1])

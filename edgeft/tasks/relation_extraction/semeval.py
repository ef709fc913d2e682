"""Files in the format of SemEval-2010 task 8: a sentence with tags, and its relation below it.

    1	"The <e1>ring</e1> is made of <e2>gold</e2>."
    Entity-Material(e1,e2)
    Comment:

An empty line ends each. (Hendrickx et al. 2010, https://aclanthology.org/S10-1006)
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from edgeft.errors import DataError

SENTENCE = re.compile(r'\s*\d+\t\s*"?(.*?)"?\s*')


def read_semeval(
    lines: Iterable[str], roles: Iterable[str]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield of each sentence the number of its line, and its text and relation by `roles`.

    A file without relations, such as that of the test sentences, gives texts. Raises DataError for
    a role that such a file cannot have.
    """
    for role in roles:
        if role not in ("text", "label"):
            raise DataError(
                f"a file of sentences and relations has no column for the {role}",
                hint=f"leave `columns: {{{role}: ...}}` out, or write the data as jsonl",
            )
    waiting: tuple[int, str] | None = None
    label: str | None = None
    for number, line in enumerate(lines, start=1):
        match = SENTENCE.fullmatch(line)
        if match is not None:
            if waiting is not None:
                yield row(waiting, label, roles)
            waiting, label = (number, match[1]), None
        elif line.strip() and label is None and not line.startswith("Comment:"):
            label = line.strip()
            if waiting is None:
                waiting = (number, label)  # no sentence: refused for its tags, by its line
    if waiting is not None:
        yield row(waiting, label, roles)


def read_either(
    lines: Iterable[str], roles: Iterable[str]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the texts of such a file, or of one that has a text a line and nothing else."""
    remaining = list(lines)
    if is_semeval(next((line for line in remaining if line.strip()), "")):
        yield from read_semeval(remaining, roles)
        return
    for number, line in enumerate(remaining, start=1):
        yield number, tuple(line.rstrip("\r\n") for _ in roles)


def row(
    sentence: tuple[int, str], label: str | None, roles: Iterable[str]
) -> tuple[int, tuple[Any, ...]]:
    """A row's number, and its values in the order of the roles."""
    number, text = sentence
    found = {"text": text, "label": label}
    return number, tuple(found[role] for role in roles)


def is_semeval(line: str) -> bool:
    """Whether a file that begins with this line is one of these, and not one of plain texts."""
    return SENTENCE.fullmatch(line) is not None

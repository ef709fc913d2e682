"""Answers that took time or money, kept in a file the moment they are there.

A line an answer, only ever appended to: whatever stops a program, what was answered is not asked
again. In memory is where each answer's line begins, and not the answer: there may be millions.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from edgeft.context import Context


class Kept:
    """Answers by what was asked: in a file of JSON lines, or in memory where none is named.

    Threads may keep answers at the same time. A line that was cut off is left out, and stays
    alone on its line.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.lock = Lock()
        self.held: dict[str, Any] = {}
        """the answers themselves, where there is no file"""
        self.lines: dict[int, int] = {}
        """the byte of the file that an answer's line begins at, by a hash of what was asked"""
        self.torn = False
        if file is not None and file.exists():
            self.find_lines(file)

    def find_lines(self, file: Path) -> None:
        """Look where the answers stand, and whether the last line was cut off."""
        with file.open("rb") as written:
            for start, line in starts_of(written):
                if (pair := read(line)) is not None:
                    self.lines[hash_of(pair[0])] = start
                self.torn = not line.endswith(b"\n")

    def __contains__(self, asked: str) -> bool:
        return asked in self.held if self.file is None else hash_of(asked) in self.lines

    def __getitem__(self, asked: str) -> Any:
        if self.file is None:
            return self.held[asked]
        found = self.read_at(self.lines[hash_of(asked)])
        if found is None or found[0] != asked:  # another process has written to the file as well
            self.find_lines(self.file)
            found = self.read_at(self.lines[hash_of(asked)])
        if found is None or found[0] != asked:
            raise KeyError(asked)
        return found[1]

    def read_at(self, place: int) -> tuple[str, Any] | None:
        """The pair in the line that begins at a byte of the file."""
        if self.file is None:
            return None
        with self.file.open("rb") as written:
            written.seek(place)
            return read(written.readline())

    def __len__(self) -> int:
        return len(self.held) + len(self.lines)

    def keep(self, answers: dict[str, Any]) -> None:
        """Take answers in, which JSON can say, and write them down before anything else happens."""
        with self.lock:
            if self.file is None:
                self.held |= answers
                return
            self.file.parent.mkdir(parents=True, exist_ok=True)
            places = {}
            with self.file.open("ab") as written:
                if self.torn:
                    written.write(b"\n")
                    self.torn = False
                for pair in answers.items():
                    places[hash_of(pair[0])] = written.tell()
                    written.write(json.dumps(pair).encode() + b"\n")
            self.lines |= places


def starts_of(written: Any) -> Iterator[tuple[int, bytes]]:
    """The lines of a binary file, each with the byte that it begins at."""
    start = 0
    for line in written:
        yield start, line
        start += len(line)


def read(line: bytes) -> tuple[str, Any] | None:
    """What was asked and what was answered, by a line; None for one that is no such pair."""
    try:
        asked, answer = json.loads(line)
    except (ValueError, TypeError):
        return None
    return (asked, answer) if isinstance(asked, str) else None


def hash_of(asked: str) -> int:
    """A number of 128 bits for what was asked: no two questions share one in practice."""
    digest = hashlib.blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "little")


def kept_by(context: Context, folder: str, **asks: Any) -> Kept:
    """What was answered to whoever `asks` the same way: a file in the cache.

    `asks` is all that decides an answer beside what is asked, such as a model and its options, as
    JSON can say it. Where a step runs alone and has no cache, the file lies beside its output, in
    OUT.answers: it is still there after a step that ended before all was asked.
    """
    place = context.cache or context.out.with_name(f"{context.out.name}.answers")
    name = hashlib.sha256(json.dumps(asks, sort_keys=True).encode()).hexdigest()[:32]
    return Kept(place / folder / f"{name}.jsonl")

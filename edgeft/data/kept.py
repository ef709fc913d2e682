"""Answers that took time or money, kept in a file the moment they are there.

A line an answer, only ever appended to: whatever stops a program, what was answered is not asked
again.
"""

import hashlib
import json
from pathlib import Path
from threading import Lock
from typing import Any

from edgeft.steps import Context


class Kept:
    """Answers by what was asked, in memory, and in a file of JSON lines where one is named.

    Threads may keep answers at the same time. A line that was cut off is left out, and stays
    alone on its line.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.lock = Lock()
        self.known: dict[str, Any] = {}
        self.torn = False
        if file is not None and file.exists():
            written = file.read_text(encoding="utf-8", errors="replace")
            self.known = read(written)
            self.torn = bool(written) and not written.endswith("\n")

    def __contains__(self, asked: str) -> bool:
        return asked in self.known

    def __getitem__(self, asked: str) -> Any:
        return self.known[asked]

    def __len__(self) -> int:
        return len(self.known)

    def keep(self, answers: dict[str, Any]) -> None:
        """Take answers in, which JSON can say, and write them down before anything else happens."""
        with self.lock:
            self.known |= answers
            if self.file is None:
                return
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as lines:
                if self.torn:
                    lines.write("\n")
                    self.torn = False
                lines.writelines(json.dumps(pair) + "\n" for pair in answers.items())


def read(written: str) -> dict[str, Any]:
    """The answers of a file's lines; those that are no pair are left out."""
    found: dict[str, Any] = {}
    for line in written.split("\n"):
        try:
            asked, answer = json.loads(line)
        except (ValueError, TypeError):
            continue
        if isinstance(asked, str):
            found[asked] = answer
    return found


def kept_by(context: Context, folder: str, **asks: Any) -> Kept:
    """What was answered to whoever `asks` the same way: a file in the cache.

    `asks` is all that decides an answer beside what is asked, such as a model and its options, as
    JSON can say it. Where a step runs alone and has no cache, the file lies beside its output, in
    OUT.answers: it is still there after a step that ended before all was asked.
    """
    place = context.cache or context.out.with_name(f"{context.out.name}.answers")
    name = hashlib.sha256(json.dumps(asks, sort_keys=True).encode()).hexdigest()[:32]
    return Kept(place / folder / f"{name}.jsonl")

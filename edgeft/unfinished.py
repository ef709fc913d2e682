"""What an interrupted `edgeft tune` measured of a bundle, so that the next one goes on from there.

It lies beside tuning.json until that is written, and counts only for the same bundle, the same
texts and the same machine.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeft.artifacts import UNFINISHED
from edgeft.gates.speed import Duel
from edgeft.runtime.tuning import SCHEMA, bundle_print, machine
from edgeft.writing import write_text

Feed = Mapping[str, Any]
"""arrays by the names of a graph's inputs"""


class Unfinished:
    """The duels that were fought, by what they were about."""

    def __init__(self, bundle: Path, feeds: Iterable[Feed]) -> None:
        self.path = bundle / UNFINISHED
        self.of = {
            "schema_version": SCHEMA,
            "bundle": bundle_print(bundle),
            "machine": machine(),
            "texts": texts_print(feeds),
        }
        self.duels: dict[str, Duel] = {}
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            if {key: found[key] for key in self.of} == self.of:
                self.duels = {about: Duel.from_json(each) for about, each in found["duels"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            self.duels = {}  # what cannot be read is measured again

    def duel(self, about: str, fight: Callable[[], Duel]) -> Duel:
        """A duel that was fought before, or that is fought now and written down."""
        if about not in self.duels:
            self.duels[about] = fight()
            duels = {name: asdict(each) for name, each in self.duels.items()}
            said = self.of | {"duels": duels}
            write_text(self.path, json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        return self.duels[about]

    def forget(self) -> None:
        """Remove the record: all is done."""
        self.path.unlink(missing_ok=True)


def texts_print(feeds: Iterable[Feed]) -> str:
    """A hash of what candidates are timed on."""
    seen = hashlib.sha256()
    for feed in feeds:
        for name, values in sorted(feed.items()):
            seen.update(f"{name} {values.shape}".encode())
            seen.update(values.tobytes())
    return seen.hexdigest()

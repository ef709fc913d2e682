"""What an interrupted `edgeft tune` measured of a bundle's variants, so that the next one goes on.

It lies beside tuning.json until that is written, and counts only for the same bundle, the same
texts and the same machine.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeft.artifacts import UNFINISHED, write_text
from edgeft.gates.sessions import BestSession
from edgeft.gates.speed import Duel
from edgeft.runtime.tuning import SCHEMA, bundle_print, machine

Feed = Mapping[str, Any]
"""arrays by the names of a graph's inputs"""


class Unfinished:
    """The best session options of each variant that was measured, and who was refused till then."""

    def __init__(self, bundle: Path, feeds: Iterable[Feed]) -> None:
        self.path = bundle / UNFINISHED
        self.of = {
            "schema_version": SCHEMA,
            "bundle": bundle_print(bundle),
            "machine": machine(),
            "texts": texts_print(feeds),
        }
        self.sessions: dict[str, BestSession] = {}
        self.refused: dict[str, str] = {}
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            if {key: found[key] for key in self.of} == self.of:
                self.sessions = {name: session(each) for name, each in found["sessions"].items()}
                self.refused = dict(found["refused"])
        except (OSError, ValueError, LookupError, TypeError):
            self.sessions = {}  # what cannot be read is measured again

    def keep(self, variant: str, found: BestSession, refused: Mapping[str, str]) -> None:
        """Write down what was measured of a variant."""
        self.sessions[variant] = found
        self.refused |= refused
        said = self.of | {
            "sessions": {name: asdict(each) for name, each in self.sessions.items()},
            "refused": self.refused,
        }
        write_text(self.path, json.dumps(said, ensure_ascii=False, indent=1) + "\n")

    def forget(self) -> None:
        """Remove the record: all is done."""
        self.path.unlink(missing_ok=True)


def session(found: dict[str, Any]) -> BestSession:
    """What was written of a variant's session options."""
    duels = [Duel.from_json(each) for each in found["duels"]]
    return BestSession(found["options"], found["name"], duels)


def texts_print(feeds: Iterable[Feed]) -> str:
    """A hash of what candidates are timed on."""
    seen = hashlib.sha256()
    for feed in feeds:
        for name, values in sorted(feed.items()):
            seen.update(f"{name} {values.shape}".encode())
            seen.update(values.tobytes())
    return seen.hexdigest()

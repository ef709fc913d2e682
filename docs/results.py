"""The README's tables of measured results, from what benchmarks/ wrote."""

import json
from pathlib import Path
from typing import Any

from edgeft.report.markdown import table
from edgeft.report.wording import figure, interval, megabytes, milliseconds

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
COLUMNS = ["model", "accuracy", "95 % interval", "size", "p50 of one text"]


def tables() -> str:
    """The tables of all results that are committed, or a sentence where there are none yet."""
    found = [banking77(), quickstart()]
    return "\n\n".join(each for each in found if each) or "No results are committed yet."


def banking77() -> str:
    return ""


def quickstart() -> str:
    return ""


def result(name: str) -> dict[str, Any] | None:
    """One result as it was measured, or None where it is not committed."""
    path = RESULTS / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found or None

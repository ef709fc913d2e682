"""Where results go: benchmarks/results/NAME.json, each with the machine that it was measured on."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from edgeft.benchmark.machine import describe_machine
from edgeft.benchmark.records import Benchmark
from edgeft.writing import write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"


def record(name: str, found: dict[str, Any]) -> Path:
    """Write one result; the machine is described anew unless `found` holds it."""
    machine = found.get("machine") or describe_machine().model_dump(mode="json")
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    lines = json.dumps({"machine": machine, **found}, indent=1, ensure_ascii=False)
    write_text(path, lines + "\n")
    print(f"wrote {path.relative_to(ROOT)}")
    return path


def kept(name: str) -> dict[str, Any]:
    """What a result has already; nothing where there is none yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def kept_runs(name: str) -> list[dict[str, Any]]:
    """The runs that a result has already, so that none is made twice."""
    found = kept(name)
    return found["runs"] if found else []


def spread(values: list[float], digits: int = 4) -> dict[str, float]:
    """Mean and range over the seeds, rounded."""
    return {
        "mean": round(float(np.mean(values)), digits),
        "lowest": round(min(values), digits),
        "highest": round(max(values), digits),
        "seeds": len(values),
    }


def check_idle(benchmark: Benchmark) -> None:
    """End the program where other programs took part of the time: such figures are not kept."""
    if any(row.delayed for row in benchmark.rows):
        sys.exit("not recorded: the machine was busy. Run it again when it is idle; runs are kept")

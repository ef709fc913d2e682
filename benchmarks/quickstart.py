"""How long the quickstart takes once everything is installed, and what it leaves.

    python benchmarks/quickstart.py

Runs the command of scripts/quickstart in a fresh directory, in a process of its own, and writes
results/quickstart.json.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from recording import ROOT, record

RECIPE = ROOT / "examples" / "bbc-news.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    recipe = parser.parse_args().recipe
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bbc-news"
        command = [sys.executable, "-m", "edgeft", "run", str(recipe), "--out", str(out)]
        started = perf_counter()
        status = os.spawnv(os.P_WAIT, sys.executable, command)
        seconds = perf_counter() - started
        if status:
            sys.exit(f"the run ended with {status}")
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in report["rows"]}
    record(
        "quickstart",
        {
            "seconds": round(seconds, 1),
            "drop_from_teacher": round(rows["teacher"]["value"] - rows["bundle"]["value"], 4),
            "verdict": report["verdict"],
            "rows": [{**row, "scores": None} for row in report["rows"]],
            "steps": [
                {key: step[key] for key in ("name", "kind", "method", "seconds")}
                for step in report["steps"]
            ],
            "benchmark": report["benchmark"],
            "peak_memory_bytes": report["peak_memory_bytes"],
        },
    )


if __name__ == "__main__":
    main()

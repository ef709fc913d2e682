"""How fast data is worked on: near-duplicates among a million short texts, and copies with noise.

    python benchmarks/data_rates.py        # writes benchmarks/results/data_rates.json

The texts are random words of random lengths (see million_rows.py). The search for near-duplicates
is a process of its own, for its memory; noise is timed in this one, in seconds of a core,
augmenters in turn, the median of three rounds.
"""

import argparse
import csv
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import datasets
import numpy as np
from million_rows import measure, write_texts
from recording import record

from edgeft.progress import Silence
from edgeft_augment.copying import copies_of
from edgeft_augment.noise import Noise, delete, insert, masking, swap
from edgeft_augment.options import NoiseOptions
from edgeft_augment.slips import slipping

NAME = "data_rates"
SEARCH = """
import sys
import pyarrow.csv
from edgeft.data.likeness import compare
from edgeft.progress import Silence
texts = pyarrow.csv.read_csv(sys.argv[1])["text"]
found = compare(texts, Silence())
print(len(texts), "texts,", len(set(found.near.tolist())), "groups")
"""
NOISES: dict[str, Noise] = {
    "delete": delete,
    "swap": swap,
    "insert": insert,
    "mask": masking("[MASK]"),
    "typos": slipping(["keyboard", "ocr", "spelling"]),
}
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="compared with each other")
    parser.add_argument("--copied", type=int, default=100_000, help="copied with noise")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = write_texts(Path(folder) / "texts.csv", asked.rows)
        search = measure([sys.executable, "-c", SEARCH, str(file)])
        with file.open(encoding="utf-8", newline="") as lines:
            texts = [row["text"] for row in islice(csv.DictReader(lines), asked.copied)]
    rates = copied_a_second(texts)
    print(search, rates)
    record(
        NAME,
        {
            "rows": asked.rows,
            "near_duplicates": search,
            "copied": asked.copied,
            "copies_a_second": rates,
        },
    )


def copied_a_second(texts: list[str]) -> dict[str, int]:
    """Rows that each augmenter copies in a second."""
    rows = datasets.Dataset.from_dict(
        {
            "id": list(range(len(texts))),
            "text": texts,
            "label": ["a"] * len(texts),
            "parent": [None] * len(texts),
        }
    )
    times: dict[str, list[float]] = {name: [] for name in NOISES}
    for seed in range(ROUNDS):
        for name, noise in NOISES.items():
            started = time.process_time()
            for _ in copies_of(rows, noise, NoiseOptions(), seed, Silence()):
                pass
            times[name].append(time.process_time() - started)
    return {name: round(len(texts) / float(np.median(each))) for name, each in times.items()}


if __name__ == "__main__":
    main()

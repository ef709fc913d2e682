"""What `edgeft.runtime` costs over a bare tokenizer and session, one text at a time.

    python benchmarks/runtime_overhead.py

Both answer the same short texts with the same session, taking turns in random order within one
process, one thread. Students of one and two MiniLM layers, int8: the smaller the
graph, the more an overhead shows. Writes results/runtime_overhead.json.
"""

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from bare import side_by_side
from minilm_bundle import make_bundle
from mixed_texts import mixed_texts
from recording import record

from edgeft.benchmark.quantiles import ratio, timing

ALLOWED = 0.15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=60, help="texts a round")
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    texts = [text for text in mixed_texts(4 * arguments.texts) if len(text) < 160]
    texts = texts[: arguments.texts]
    with tempfile.TemporaryDirectory() as folder:
        found = {
            f"{layers} layer{'s' * (layers > 1)}": compare(
                Path(folder) / str(layers), layers, texts, arguments.rounds
            )
            for layers in (1, 2)
        }
    record(
        "runtime_overhead",
        {"what": "one text, one thread", "n": len(texts), "allowed": ALLOWED, "models": found},
    )


def compare(folder: Path, layers: int, texts: list[str], rounds: int) -> dict[str, Any]:
    """Time both on one graph; milliseconds (rounds, texts) of each."""
    bundle = make_bundle(folder, layers=layers, max_length=128, texts=texts)
    bare, model = side_by_side(bundle)
    with model:
        calls: dict[str, Callable[[str], object]] = {"bare": bare.one, "edgeft": model}
        taken = {name: np.empty((rounds, len(texts))) for name in calls}
        order = random.Random(0)
        for text in texts:
            if bare.one(text) != model(text).label:
                raise SystemExit(f"they answer differently: {text}")
        for turn in range(rounds):
            for place in order.sample(range(len(texts)), len(texts)):
                for name in order.sample(list(calls), len(calls)):
                    start = perf_counter()
                    calls[name](texts[place])
                    taken[name][turn, place] = 1000 * (perf_counter() - start)
    slower = ratio(taken["edgeft"], taken["bare"])
    overhead = slower.value - 1
    print(f"{layers} layers: {100 * overhead:+.1f} % of the bare median")
    return {
        "overhead": round(overhead, 5),
        "interval": [round(bound - 1, 5) for bound in slower.interval],
        "passed": overhead < ALLOWED,
        "milliseconds": {name: timing(each).model_dump() for name, each in taken.items()},
    }


if __name__ == "__main__":
    main()

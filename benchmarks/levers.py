"""What each lever gives: students of one Banking77 teacher with one of them left out at a time.

    python benchmarks/levers.py --run runs/first-recipe/banking77/default-0

Takes the teacher and the copies of texts of a run that benchmarks/first_recipe.py made, and makes
the static student of the recipe that `edgeft init` writes, and one of two layers. Each lever is
left out once and all that follows it is made anew; what nobody pulls by default is added to the
student of two layers in the same way, and heads and neurons are taken from the teacher. All bundles
are timed against the one with every lever, text by text, one thread, taking turns. Adds the
students to results/levers.json.
"""

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from recording import kept, record
from students import LAYERS, MADE, RUN, STATIC, Maker, Way, judged, right, size_of

from edgeft.artifacts import Bundle, Dataset
from edgeft.benchmark.machine import describe_machine
from edgeft.data.rows import open_split
from edgeft.gates.speed import interleaved
from edgeft.intervals import interval
from edgeft.runtime import load

WHOLE = "every lever"
ALL_BUT_ONE = ["plain", "attention", "projections", "unpadded"]
GELU = ["first-token", "plain", "attention", "projections", "gelu", "unpadded"]


def of_training(whole: Way) -> dict[str, Way]:
    """The student, and what its training can do without."""
    return {
        WHOLE: whole,
        "the teacher: labels alone": replace(whole, taught=False),
        "all copies": replace(whole, data="clean-review"),
    }


STUDENTS = {
    "static": {
        **of_training(STATIC),
        "copies with like words": replace(STATIC, data="masked"),
        "masked copies": replace(STATIC, data="augment-neighbours"),
        "pairs of tokens": replace(STATIC, options={"ngrams": 1}),
        "int8": replace(STATIC, quantize=None),
    },
    "layers-2": {
        **of_training(LAYERS),
        "a smaller vocabulary": replace(LAYERS, vocabulary=None),
        "leaving out other scripts": replace(LAYERS, vocabulary={"characters": "all"}),
        "int8": replace(LAYERS, quantize=None),
        "int8 tables": replace(LAYERS, quantize={"embeddings": "float32"}),
        "a scale for each output": replace(LAYERS, quantize={"per_channel": False}),
        "the last layer for one token only": replace(LAYERS, export={"rewrites": ALL_BUT_ONE}),
        "every rewrite of the graph": replace(LAYERS, export={"rewrites": []}),
    },
    "more": {
        WHOLE: LAYERS,
        "`embeddings: int4`": replace(LAYERS, quantize={"embeddings": "int4"}),
        "`gelu` among the rewrites": replace(LAYERS, export={"rewrites": GELU}),
    },
    "structure": {
        WHOLE: Way(""),
        "half of the heads": Way("", structure={"neurons": 1, "heads": 0.5}),
        "half of the neurons": Way("", structure={"neurons": 0.5}),
        "half of both": Way("", structure={"neurons": 0.5, "heads": 0.5}),
    },
}
"""what a student is made without; of `more`, what it is given beyond what it has by default; and of
`structure`, what `prune` takes away from the teacher itself"""


def main() -> None:
    asked = arguments()
    students = kept("levers").get("students", {})
    makers = [Maker(asked.run, asked.out, seed) for seed in asked.seeds]
    for name in asked.students:
        made = {
            change: [maker.bundle(way) for maker in makers]
            for change, way in STUDENTS[name].items()
        }
        students[name] = compared(made, Dataset.open(asked.run / "data"), asked.rounds)
        record("levers", {"students": students})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--out", type=Path, default=MADE)
    parser.add_argument("--students", nargs="+", choices=list(STUDENTS), default=list(STUDENTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the students")
    parser.add_argument("--rounds", type=int, default=1500)
    return parser.parse_args()


def compared(made: dict[str, list[Bundle]], data: Dataset, rounds: int) -> dict[str, Any]:
    """Every way's accuracy, mean over the seeds, and the size and time of its first bundle."""
    texts = list(open_split(data, "test")["text"])
    times = timed({change: bundles[0] for change, bundles in made.items()}, texts, rounds)
    correct = {
        change: np.stack([right(bundle, data) for bundle in bundles])
        for change, bundles in made.items()
    }
    whole = np.asarray(times[WHOLE])
    rows = []
    for change, bundles in made.items():
        ratios = np.asarray(times[change]) / whole
        rows.append(
            {
                "change": change,
                **judged(correct[change], correct[WHOLE].mean(axis=0)),
                "bytes": size_of(bundles[0]),
                "p50_ms": float(np.median(times[change])),
                "times_the_whole": float(np.median(ratios)),
                "times_interval": interval(ratios, "median"),
            }
        )
        print(rows[-1])
    measured = {"machine": describe_machine().model_dump(mode="json"), "n": len(texts)}
    return measured | {"rounds": len(whole), "threads": 1, "rows": rows}


def timed(bundles: dict[str, Bundle], texts: list[str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each text in each bundle, all in the same order."""
    with ExitStack() as loaded:
        models = {
            name: loaded.enter_context(load(bundle.path, threads=1))
            for name, bundle in bundles.items()
        }
        found = interleaved(models, texts, rounds=rounds, seconds=600)
    return {name: timing.raw for name, timing in found.items()}


if __name__ == "__main__":
    main()

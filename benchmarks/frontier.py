"""Accuracy, size and speed of students of every size, of one Banking77 teacher.

    python benchmarks/frontier.py --run runs/first-recipe/banking77/default-0

Takes the teacher and the copies of texts of a run that benchmarks/first_recipe.py made, and makes
the students that `distill: auto` has to choose from, the teacher itself, quantized, among them.
Then times each against transformers' pipeline on the teacher, in float32 and bfloat16, one text at
a time, one thread, taking turns. Writes results/frontier.json, unless other programs took part of
the time.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from recording import check_idle, record
from students import LAYERS, MADE, RUN, STATIC, Maker, Way, judged, right, size_of

from edgeft.artifacts import Bundle, Dataset
from edgeft.benchmark import measure, subject
from edgeft.benchmark.markdown import to_markdown
from edgeft.benchmark.records import Benchmark
from edgeft.cli.progress import Lines
from edgeft.data.rows import open_split

NARROW = {"keep": 2, "neurons": 768, "attention_heads": 6}
STUDENTS = {
    "static": STATIC,
    "static-width-256": replace(STATIC, options={"width": 256}),
    "layers-1": replace(LAYERS, options={"keep": 1}),
    "layers-2-neurons-768-heads-6": replace(LAYERS, options=NARROW),
    "layers-2": LAYERS,
    "teacher": Way("", vocabulary={}),
}


def main() -> None:
    asked = arguments()
    data = Dataset.open(asked.run / "data")
    makers = [Maker(asked.run, asked.out, seed) for seed in asked.seeds]
    made = {
        name: [maker.bundle(way) for maker in (makers if way.distill else makers[:1])]
        for name, way in STUDENTS.items()
    }
    teacher = right(makers[0].teacher, data)
    rows = [figures(name, bundles, teacher, data) for name, bundles in made.items()]
    first = {name: bundles[0] for name, bundles in made.items()}
    benchmark = speed(first, makers[0].teacher.path, data, asked.seconds)
    print(to_markdown(benchmark))
    check_idle(benchmark)
    found = {"n": len(teacher), "teacher": float(teacher.mean()), "rows": rows}
    record("frontier", found | {"benchmark": benchmark.model_dump(mode="json")})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--out", type=Path, default=MADE)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the students")
    parser.add_argument("--seconds", type=float, default=10.0, help="timed work a subject")
    return parser.parse_args()


def figures(name: str, bundles: list[Bundle], teacher: np.ndarray, data: Dataset) -> dict[str, Any]:
    """A student's accuracy over its seeds, what it loses to its teacher, and its size."""
    correct = np.stack([right(bundle, data) for bundle in bundles])
    return {"name": name, **judged(correct, teacher), "bytes": size_of(bundles[0])}


def speed(bundles: dict[str, Bundle], teacher: Path, data: Dataset, seconds: float) -> Benchmark:
    """The students against the torch pipeline on their teacher, one thread."""
    texts = list(open_split(data, "test")["text"])
    subjects = [
        subject(teacher, name="pipeline"),
        subject(f"{teacher}:bf16", name="pipeline-bf16"),
        *(subject(bundle.path, name=name) for name, bundle in bundles.items()),
    ]
    found = measure(
        subjects, texts, batch_sizes=(1,), threads=(1,), seconds=seconds, progress=Lines()
    )
    found.texts.source = "the test split of Banking77"
    return found


if __name__ == "__main__":
    main()

"""Banking77 from the recipe to the bundle, for several seeds, and against the torch pipeline.

    python benchmarks/banking77.py --train train.csv --test test.csv --out runs/banking77

Runs examples/banking77.yaml as `edgeft run` would; a run that was made before is reused. Then times
the bundle of the first seed against transformers' pipeline on its teacher, in float32 and bfloat16,
with one thread, on the test texts, all taking turns. Writes results/banking77.json, unless other
programs took part of the time.
"""

import argparse
import csv
from pathlib import Path
from typing import Any

from recording import ROOT, check_idle, record, spread

from edgeft.benchmark import measure, subject
from edgeft.benchmark.markdown import to_markdown
from edgeft.benchmark.records import Benchmark
from edgeft.cli.progress import Lines
from edgeft.pipeline import plan, run
from edgeft.recipe import Recipe, load_recipe
from edgeft.registry import Registry, load_plugins
from edgeft.report import Report

RECIPE = ROOT / "examples" / "banking77.yaml"


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    seeds = []
    for seed in asked.seeds:
        recipe = recipe_of(asked.train, asked.test, seed)
        seeds.append(recorded(seed, ran(recipe, asked.out / f"seed-{seed}", registry)))
    first = asked.out / f"seed-{asked.seeds[0]}"
    teacher = plan(recipe_of(asked.train, asked.test, asked.seeds[0]), first, registry).teacher
    if teacher is None:
        raise RuntimeError(f"{RECIPE} names no teacher")
    benchmark = speed(first / "bundle", teacher, asked.test, asked.seconds)
    print(to_markdown(benchmark))
    check_idle(benchmark)
    record(
        "banking77",
        {
            "recipe": recipe_of(Path("train.csv"), Path("test.csv"), 0).model_dump(mode="json"),
            "summary": summary(seeds, benchmark),
            "seeds": seeds,
            "benchmark": benchmark.model_dump(mode="json"),
        },
    )


def ran(recipe: Recipe, out: Path, registry: Registry) -> Report:
    """The report of a run, made now or before."""
    report = run(recipe, out, registry, progress=Lines())
    if report is None:
        raise RuntimeError("run this as one process")
    print(f"{out}: {report.verdict}")
    return report


def recorded(seed: int, report: Report) -> dict[str, Any]:
    """What is kept of a report."""
    return {
        "seed": seed,
        "rows": [row.model_dump(mode="json", exclude={"scores"}) for row in report.rows],
        "gates": [gate.model_dump(mode="json") for gate in report.gates],
        "steps": [step.model_dump(mode="json", exclude={"figures"}) for step in report.steps],
        "choice": report.choice,
        "peak_memory_bytes": report.peak_memory_bytes,
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="train.csv of Banking77")
    parser.add_argument("--test", type=Path, required=True, help="test.csv of Banking77")
    parser.add_argument("--out", type=Path, default=Path("runs/banking77"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=20.0, help="timed work a subject")
    return parser.parse_args()


def recipe_of(train: Path, test: Path, seed: int) -> Recipe:
    """The example's recipe with the data's places and a seed."""
    settings = {"data.train": str(train), "data.test": str(test), "seed": seed}
    return load_recipe(RECIPE, settings)


def speed(bundle: Path, teacher: Path, test: Path, seconds: float) -> Benchmark:
    """The bundle against the torch pipeline on its teacher, one thread."""
    with test.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    subjects = [
        subject(bundle, name="bundle"),
        subject(f"{bundle}:fp32", name="bundle-fp32"),
        subject(teacher, name="teacher-pipeline"),
        subject(f"{teacher}:bf16", name="teacher-pipeline-bf16"),
    ]
    found = measure(subjects, texts, threads=(1,), seconds=seconds, progress=Lines())
    found.texts.source = "the test split of Banking77"
    return found


def summary(seeds: list[dict[str, Any]], benchmark: Benchmark) -> dict[str, Any]:
    """Accuracies over the seeds, the bundle's as a share of its teacher's, and speed."""
    accuracies: dict[str, list[float]] = {}
    for seed in seeds:
        for row in seed["rows"]:
            accuracies.setdefault(row["name"], []).append(row["value"])
    shares = [
        bundle / teacher
        for bundle, teacher in zip(accuracies["bundle"], accuracies["teacher"], strict=True)
    ]
    pipeline = benchmark.row("teacher-pipeline", threads=1, batch_size=1)
    return {
        "metric": seeds[0]["rows"][0]["metric"],
        "accuracy": {name: spread(values) for name, values in accuracies.items()},
        "share_of_teacher": spread(shares),
        "times_faster_than_pipeline_at_p50": pipeline.ratio.model_dump(mode="json"),
        "times_less_cpu_than_pipeline": pipeline.cpu_ratio and pipeline.cpu_ratio.model_dump(),
    }


if __name__ == "__main__":
    main()

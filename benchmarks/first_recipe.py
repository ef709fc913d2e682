"""What `edgeft init` writes, run as it is, on data sets of different kinds and for several seeds.

    python benchmarks/first_recipe.py --train train.csv --test test.csv --out runs/first-recipe

Banking77 are the two files that are named, BBC News and the tweets come from installed packages.
banking77-names has no labelled text to train on: the names of its labels, 300 texts of the training
file that are labelled as validation, and all others without labels. Nothing is tuned: `edgeft init
--yes` writes the recipe and `edgeft run` runs it, each in a process of its own; a run that was
finished before is reused. Then times the bundle of each run against transformers' pipeline on its
teacher, one thread, taking turns. Writes results/first_recipe.json.
"""

import argparse
import csv
import json
import os
import random
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from recording import check_idle, kept, record, spread

from edgeft.artifacts import Dataset
from edgeft.benchmark import measure, subject
from edgeft.cli.progress import Lines
from edgeft.data.rows import open_split
from edgeft.report import Report
from edgeft.writing import write_text

SAMPLES = ("bbc-news", "tweets")
NAMES = "banking77-names"
HELD_OUT = 300
"""texts that are labelled where there are names alone, for validation"""


def main() -> None:
    asked = arguments()
    sources = {"banking77": ["--train", str(asked.train), "--test", str(asked.test)]}
    sources |= {name: ["--train", name] for name in SAMPLES}
    result = "first_recipe" if asked.effort == "default" else f"first_recipe_{asked.effort}"
    if NAMES in asked.data:
        sources[NAMES] = names_alone(asked.train, asked.test, asked.out / NAMES)
    found = kept(result).get("data", {})  # data sets that were measured before stay
    for name in asked.data:
        recipe = written(sources[name], asked.out / name)
        seeds = asked.seeds[:1] if name in asked.once else asked.seeds
        runs = [ran(recipe, asked.out / name, seed, asked.effort) for seed in seeds]
        places = [place(asked.out / name, seed, asked.effort) for seed in seeds]
        times = [speed(each, asked.seconds) for each in places if (each / "bundle").exists()]
        found[name] = {"summary": summary(runs, times), "speed": times, "runs": runs}
        if name == NAMES:
            found[name]["given"] = counts(asked.out / NAMES)
        print(name, found[name]["summary"])
        record(result, {"effort": asked.effort, "data": found})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, help="train.csv of Banking77")
    parser.add_argument("--test", type=Path, help="test.csv of Banking77")
    parser.add_argument("--out", type=Path, default=Path("runs/first-recipe"))
    parser.add_argument("--data", nargs="+", default=["banking77", *SAMPLES])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--once", nargs="*", default=[], help="data sets with the first seed only")
    parser.add_argument("--effort", choices=["quick", "default", "thorough"], default="default")
    parser.add_argument("--seconds", type=float, default=10.0, help="timed work a subject")
    asked = parser.parse_args()
    if {"banking77", NAMES} & set(asked.data) and None in (asked.train, asked.test):
        parser.error("Banking77 needs --train and --test; leave it out with --data")
    return asked


def names_alone(train: Path, test: Path, out: Path) -> list[str]:
    """What `init` is told of names, of texts without labels, and of some with theirs."""
    out.mkdir(parents=True, exist_ok=True)
    with train.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    random.Random(0).shuffle(rows)
    labels, texts, some = out / "labels.txt", out / "texts.csv", out / "some.csv"
    write_text(labels, "\n".join(sorted({label for _, label in rows})) + "\n")
    with texts.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header[:1], *([text] for text, _ in rows[HELD_OUT:])])
    with some.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[:HELD_OUT]])
    given = {"--labels": labels, "--unlabelled": texts, "--validation": some, "--test": test}
    return [word for flag, path in given.items() for word in (flag, str(path))]


def counts(out: Path) -> dict[str, int]:
    """How many names, texts, and texts with labels `names_alone` wrote."""
    found = {}
    for name, header in (("labels.txt", 0), ("texts.csv", 1), ("some.csv", 1)):
        with (out / name).open(encoding="utf-8", newline="") as file:
            found[Path(name).stem] = sum(1 for _ in csv.reader(file)) - header
    return found


def written(source: list[str], out: Path) -> Path:
    """The recipe that `edgeft init` writes for a source of texts."""
    recipe = out / "recipe.yaml"
    out.mkdir(parents=True, exist_ok=True)
    if status := edgeft("init", *source, "--out", str(recipe), "--yes", "--force"):
        sys.exit(f"edgeft init ended with {status}")
    return recipe


def ran(recipe: Path, out: Path, seed: int, effort: str) -> dict[str, Any]:
    """What a run found, made now or before; one without a bundle has failed, which is kept."""
    folder = place(out, seed, effort)
    process_file = folder / "process.json"
    if not process_file.exists():
        resumed, started = folder.exists(), perf_counter()
        settings = ["--set", f"seed={seed}", "--set", f"effort={effort}"]
        status = edgeft("run", str(recipe), "--out", str(folder), *settings)
        seconds = round(perf_counter() - started, 1)
        process = {"status": status, "seconds": seconds, "resumed": resumed}
        write_text(process_file, json.dumps(process))
    report = report_of(folder)
    return {
        "seed": seed,
        **json.loads(process_file.read_text(encoding="utf-8")),
        "verdict": report.verdict,
        "rows": [row.model_dump(mode="json", exclude={"scores"}) for row in report.rows],
        "attempts": [each.model_dump(mode="json") for each in report.attempts],
        "steps": [step.model_dump(mode="json", exclude={"figures"}) for step in report.steps],
    }


def place(out: Path, seed: int, effort: str) -> Path:
    """The directory of a run."""
    return out / f"{effort}-{seed}"


def report_of(folder: Path) -> Report:
    """The report that a run left."""
    return Report.model_validate_json((folder / "report.json").read_text(encoding="utf-8"))


def edgeft(*command: str) -> int:
    """Run a command of edgeft in a process of its own, and give its exit code."""
    return os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "edgeft", *command])


def summary(runs: list[dict[str, Any]], times: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracies, the bundle's share of its teacher's, sizes, speeds and times over the seeds."""
    rows = [{row["name"]: row for row in run["rows"]} for run in runs]
    shipped = [each for each in rows if "bundle" in each]
    found: dict[str, Any] = {
        "metric": rows[0]["teacher"]["metric"],
        "n": rows[0]["teacher"]["n"],
        "shipped": len(shipped),
        "students": [
            next((each["name"] for each in run["attempts"] if each["outcome"] == "chosen"), None)
            for run in runs
        ],
        "seconds": spread([run["seconds"] for run in runs], digits=0),
    }
    for name in ("baseline", "teacher", "bundle"):
        values = [each[name]["value"] for each in rows if name in each]
        if values:
            found[name] = spread(values)
    if shipped:
        shares = [each["bundle"]["value"] / each["teacher"]["value"] for each in shipped]
        found["share_of_teacher"] = spread(shares)
        found["size_bytes"] = spread([each["bundle"]["size_bytes"] for each in shipped], digits=0)
        found["times_faster_than_pipeline_at_p50"] = spread(
            [each["times_faster_than_pipeline_at_p50"]["value"] for each in times], digits=1
        )
    return found


def speed(folder: Path, seconds: float) -> dict[str, Any]:
    """The bundle of a run against the torch pipeline on its teacher."""
    texts = list(open_split(Dataset.open(folder / "data"), "test")["text"])
    (teacher,) = folder.glob("finetune-*")
    subjects = [
        subject(folder / "bundle", name="bundle"),
        subject(teacher, name="teacher-pipeline"),
    ]
    found = measure(subjects, texts, threads=(1,), seconds=seconds, progress=Lines())
    check_idle(found)
    pipeline = found.row("teacher-pipeline", threads=1, batch_size=1)
    return {
        "times_faster_than_pipeline_at_p50": pipeline.ratio.model_dump(mode="json"),
        "p50_ms": found.row("bundle", threads=1, batch_size=1).total.p50_ms,
        "benchmark": found.model_dump(mode="json"),
    }


if __name__ == "__main__":
    main()

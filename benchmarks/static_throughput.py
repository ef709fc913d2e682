"""How good, how small and how fast a static student is, beside TF-IDF and logistic regression.

    python benchmarks/static_throughput.py --run runs/first-recipe/banking77/default-0

Takes the teacher and the copies of texts of a run that benchmarks/first_recipe.py made, makes a
static student for each seed, and times the first one's bundle and the baseline on the test texts,
one thread, tokenization and labels included, taking turns. Writes results/static.json.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from recording import record, spread
from scipy import sparse
from students import MADE, RUN, STATIC, TASK, Maker

from edgeft.artifacts import Bundle, Dataset
from edgeft.baseline import decisions, fitted, fitting_rows, size_bytes, tf_idf
from edgeft.benchmark.quantiles import median, ratio, timing
from edgeft.data.rows import label_indices, open_split
from edgeft.evaluation import evaluate
from edgeft.runtime import load

WANTED = {"accuracy": 0.916, "texts_per_second": 50_000, "megabytes": 3.0}
PASSES = 4
"""times that a timed call goes over the test texts"""

Call = Callable[[list[str]], object]


def main() -> None:
    asked = arguments()
    data = Dataset.open(asked.run / "augment-mask")
    makers = [Maker(asked.run, asked.out, seed) for seed in asked.seeds]
    teacher = makers[0].teacher
    bundles = [maker.bundle(STATIC) for maker in makers]
    students = [student_figures(bundle, data) for bundle in bundles]
    truth = label_indices(open_split(data, "test"), data.labels)
    texts = list(open_split(data, "test")["text"])
    baseline, figures = fitted_baseline(data, texts, truth)
    with load(bundles[0].path, threads=1) as model:
        speed = compare(
            {"static": lambda some: model(some, batch_size=asked.batch_size), "tf-idf": baseline},
            texts * PASSES,
            texts[: asked.alone],
            asked.rounds,
        )
    speed["static"]["first_texts_per_second"] = first_rates(bundles[0], texts, asked)
    print(*(f"{name}: {each['texts_per_second']['value']:.0f}/s" for name, each in speed.items()))
    found = {
        "accuracy": spread([each["test"] for each in students], digits=5),
        "teacher_accuracy": evaluate(teacher, data, "test", task=TASK).scores.metrics["accuracy"],
        "megabytes": students[0]["bytes"] / 1e6,
        "baseline": figures,
        "speed": speed,
    }
    rate = speed["static"]["texts_per_second"]["value"]
    record(
        "static",
        {
            "what": "static students of one Banking77 teacher, int8, one thread",
            "n": len(texts),
            "batch_size": asked.batch_size,
            "wanted": WANTED,
            "passed": {
                "accuracy": found["accuracy"]["mean"] >= WANTED["accuracy"],
                "texts_per_second": rate >= WANTED["texts_per_second"],
                "megabytes": found["megabytes"] <= WANTED["megabytes"],
            },
            **found,
            "students": students,
        },
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--out", type=Path, default=MADE)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--alone", type=int, default=300, help="texts timed one by one a round")
    return parser.parse_args()


def student_figures(bundle: Bundle, data: Dataset) -> dict[str, Any]:
    """Accuracy through the runtime, size, and how long the steps took."""
    history = {each.method: each for each in bundle.manifest.history}
    return {
        "seed": history["static"].seed,
        "test": evaluate(bundle, data, "test", task=TASK).scores.metrics["accuracy"],
        "validation": evaluate(bundle, data, "validation", task=TASK).scores.metrics["accuracy"],
        "bytes": bundle.variant_file(bundle.manifest.chosen).stat().st_size,
        "variant": bundle.manifest.chosen,
        "vocabulary": history["static"].figures["vocabulary"],
        "options": history["static"].options,
        "seconds": {name: history[name].seconds for name in ("static", "onnx", "dynamic")},
    }


def fitted_baseline(
    data: Dataset, texts: list[str], truth: np.ndarray
) -> tuple[Call, dict[str, Any]]:
    """The baseline of edgeft's reports as a call, and what it gets."""
    train = fitting_rows(open_split(data, "train"), seed=0, limit=100_000)
    vectorizers = tf_idf()
    features = sparse.hstack([each.fit_transform(train["text"]) for each in vectorizers])
    model = fitted(features.tocsr(), label_indices(train, data.labels), None, TASK, seed=0)
    assert model is not None, "the training texts have one label only"

    def answer(some: list[str]) -> np.ndarray:
        return np.asarray(decisions(vectorizers, model, some).argmax(axis=1))

    accuracy = float((model.columns[answer(texts)] == truth).mean())
    return answer, {"accuracy": accuracy, "megabytes": size_bytes(vectorizers, model) / 1e6}


def compare(
    calls: dict[str, Call], texts: list[str], alone: list[str], rounds: int
) -> dict[str, dict[str, Any]]:
    """Time the calls on all texts, and on single ones, taking turns in random order."""
    order = random.Random(0)
    seconds = {name: {"wall": [], "cpu": []} for name in calls}
    single = {name: np.empty((rounds, len(alone))) for name in calls}
    for call in calls.values():
        call(texts)
    for turn in range(rounds):
        for name in order.sample(list(calls), len(calls)):
            wall, cpu = time.perf_counter(), time.process_time()
            calls[name](texts)
            seconds[name]["wall"].append(time.perf_counter() - wall)
            seconds[name]["cpu"].append(time.process_time() - cpu)
        for name in order.sample(list(calls), len(calls)):
            for place, text in enumerate(alone):
                wall = time.perf_counter()
                calls[name]([text])
                single[name][turn, place] = 1000 * (time.perf_counter() - wall)
    walls = {name: np.array(each["wall"])[:, None] for name, each in seconds.items()}
    return {
        name: {
            "texts_per_second": rates(each["wall"], len(texts)),
            "texts_per_cpu_second": rates(each["cpu"], len(texts)),
            "times_faster": ratio(walls["tf-idf"], walls[name]).model_dump(),
            "one_text": timing(single[name]).model_dump(exclude={"raw_ms"}),
            "raw_seconds": each,
        }
        for name, each in seconds.items()
    }


def first_rates(bundle: Bundle, texts: list[str], asked: argparse.Namespace) -> dict[str, Any]:
    """Texts a second of a model that has just been loaded and knows no word yet."""
    taken = []
    for _ in range(asked.rounds):
        with load(bundle.path, threads=1) as model:
            start = time.perf_counter()
            model(texts, batch_size=asked.batch_size)
            taken.append(time.perf_counter() - start)
    return rates(taken, len(texts))


def rates(seconds: list[float], texts: int) -> dict[str, Any]:
    """Texts a second, the median over the rounds."""
    return median([texts / each for each in seconds]).model_dump()


if __name__ == "__main__":
    main()

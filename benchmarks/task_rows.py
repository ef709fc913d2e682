"""Rows for every task, out of Banking77, WNUT-17 and the sample texts: a function a task.

The first line of each function says what its rows are. Rows are dicts, as a JSON lines file has
them, in a random order; those of test come from the test file where there is one, and no text
stands in two splits.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from labelled import read_rows

from edgeft.registry import Registry

SPLITS = ("train", "validation", "test")
SIZES = {"train": 1200, "validation": 1000, "test": 2000}
"""most rows of a split"""
SHARES = {"train": 0.4, "validation": 0.2, "test": 0.4}
"""of a file that has no splits"""
END = re.compile(r"(?<=[.!?])\s+|\n+")
SHORTEST, LONGEST = 20, 200
"""characters of a sentence"""
SENTIMENTS = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
SUBJECTS = 3
"""intents that share a word of their names which is a label"""

Row = dict[str, Any]
Splits = dict[str, list[Row]]


@dataclass(frozen=True)
class Corpora:
    """Where the texts are."""

    banking: Path
    """folder with train.csv and test.csv: columns text and category"""
    wnut: Path
    """folder with train.conll, validation.conll and test.conll"""
    registry: Registry
    """knows the samples"""

    def intents(self) -> dict[str, list[tuple[str, str]]]:
        """Banking77's questions with their intents, by split."""
        rows = read_rows(self.banking / "train.csv", "category")
        Random(0).shuffle(rows)
        test = read_rows(self.banking / "test.csv", "category")
        Random(0).shuffle(test)
        held = len(rows) // 5
        return {"train": rows[held:], "validation": rows[:held], "test": test}

    def sample(self, name: str) -> dict[str, list[tuple[str, str]]]:
        """The texts of a sample with their labels, by split."""
        path = self.registry.dataset_source(name)
        if path is None:
            raise FileNotFoundError(name)
        return parted(read_rows(Path(path), "label"))

    def sentences(self) -> dict[str, list[str]]:
        """Sentences of BBC News, by split; those of an article stay together."""
        return {
            split: shuffled(dict.fromkeys(each for text, _ in rows for each in sentences_of(text)))
            for split, rows in self.sample("bbc-news").items()
        }

    def named(self) -> dict[str, list[tuple[str, list[tuple[int, int, str]]]]]:
        """WNUT-17's texts with the characters and types of their names, by split."""
        return {split: read_named(self.wnut / f"{split}.conll") for split in SPLITS}


def text_classification(corpora: Corpora) -> Splits:
    """Banking77: a customer's question and its intent, one of 77."""
    return limited(corpora.intents(), lambda row: {"text": row[0], "label": row[1]})


def multi_label(corpora: Corpora) -> Splits:
    """Banking77: a question and those words of its intent's name that three intents share."""
    intents = corpora.intents()
    shared = Counter(word for name in names_of(intents) for word in words(name))
    known = {word for word, count in shared.items() if count >= SUBJECTS and len(word) > 2}

    def row(given: tuple[str, str]) -> Row:
        return {"text": given[0], "label": sorted(words(given[1]) & known)}

    return limited(intents, row)


def regression(corpora: Corpora) -> Splits:
    """Tweets: the sentiment as a number, -1, 0 or 1."""
    tweets = corpora.sample("tweets")
    return limited(tweets, lambda row: {"text": row[0], "label": SENTIMENTS[row[1]]})


def pair_classification(corpora: Corpora) -> Splits:
    """Banking77: two questions, and whether they have the same intent; every second pair has."""
    return limited(
        {split: pairs(rows) for split, rows in corpora.intents().items()},
        lambda row: {"text": row[0], "pair": row[1], "label": "same" if row[2] == 1 else "other"},
    )


def scored_pairs(corpora: Corpora) -> Splits:
    """Banking77: two questions, and the share of words that their intents' names have in common."""
    return limited(
        {split: pairs(rows) for split, rows in corpora.intents().items()},
        lambda row: {"text": row[0], "pair": row[1], "label": row[2]},
    )


def partners(corpora: Corpora) -> Splits:
    """Banking77: two questions of the same intent."""
    return limited(
        {
            split: [each for each in pairs(rows) if each[2] == 1]
            for split, rows in corpora.intents().items()
        },
        lambda row: {"text": row[0], "pair": row[1]},
    )


def texts_alone(corpora: Corpora) -> Splits:
    """Banking77: questions without their intents."""
    return limited(corpora.intents(), lambda row: {"text": row[0]})


def fill_mask(corpora: Corpora) -> Splits:
    """BBC News: sentences, a word of each of which is hidden."""
    return limited(corpora.sentences(), lambda text: {"text": text})


def token_classification(corpora: Corpora) -> Splits:
    """WNUT-17: posts and the names in them, of 6 types."""
    return limited(corpora.named(), lambda row: {"text": row[0], "label": row[1]})


def question_answering(corpora: Corpora) -> Splits:
    """WNUT-17: "Which person?" for each type of name in a post, and one type that it lacks."""
    return limited({split: asked(rows) for split, rows in corpora.named().items()}, lambda row: row)


def relation_extraction(corpora: Corpora) -> Splits:
    """WNUT-17: two names in a post, in either order, and whether they are of the same type."""
    return limited(
        {split: related(rows) for split, rows in corpora.named().items()}, lambda row: row
    )


MAKERS: dict[str, Callable[[Corpora], Splits]] = {
    "embeddings-from-labels": text_classification,
    "embeddings-from-pairs": partners,
    "embeddings-from-scores": scored_pairs,
    "fill-mask": fill_mask,
    "multi-label-classification": multi_label,
    "pair-classification": pair_classification,
    "question-answering": question_answering,
    "regression": regression,
    "relation-extraction": relation_extraction,
    "sentence-embeddings": texts_alone,
    "text-classification": text_classification,
    "text-similarity": scored_pairs,
    "token-classification": token_classification,
    "zero-shot": text_classification,
}
"""what makes the rows of a task, and of zero-shot, whose labels nothing learns from"""


def write_splits(splits: Splits, folder: Path) -> dict[str, str]:
    """Write a JSON lines file a split; returns where they are."""
    paths = {}
    for split, rows in splits.items():
        path = folder / f"{split}.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths[split] = str(path)
    return paths


def limited(splits: dict[str, list[Any]], row: Callable[[Any], Row]) -> Splits:
    """As many rows of each split as are taken, none with a text that an earlier split has.

    A text of pairs or questions may stand in several rows of its split.
    """
    found: Splits = {}
    before: set[str] = set()
    for split, given in splits.items():
        rows = [each for each in map(row, shuffled(given)) if not before & set(texts_of(each))]
        found[split] = rows[: SIZES[split]]
        before |= {text for each in found[split] for text in texts_of(each)}
    return found


def texts_of(row: Row) -> list[str]:
    """The texts of a row, but not a question, which many rows have."""
    asked = isinstance(row.get("label"), dict)
    return [
        row[name] for name in ("text", "pair") if name in row and not (asked and name == "text")
    ]


def shuffled(values: Iterable[Any]) -> list[Any]:
    """The values in a random order, the same every time."""
    found = list(values)
    Random(1).shuffle(found)
    return found


def parted(rows: Sequence[Any]) -> dict[str, list[Any]]:
    """The rows of a file without splits, dealt out."""
    order = shuffled(rows)
    found, start = {}, 0
    for split, share in SHARES.items():
        end = start + round(share * len(order))
        found[split] = order[start:end]
        start = end
    return found


def sentences_of(text: str) -> list[str]:
    """The sentences of a text that are neither titles nor lists."""
    cut = (each.strip() for each in END.split(text))
    return [each for each in cut if SHORTEST <= len(each) <= LONGEST and each[-1] in ".!?"]


def words(name: str) -> set[str]:
    """The words of an intent's name."""
    return set(name.lower().split("_"))


def names_of(intents: dict[str, list[tuple[str, str]]]) -> list[str]:
    """The intents' names."""
    return sorted({label for _, label in intents["train"]})


def pairs(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str, float]]:
    """Each question with one of its intent, or with any one, and what their names share.

    The share is that of the words of both names which are in both (Jaccard): 1 for one intent.
    """
    random = Random(2)
    of_label: dict[str, list[str]] = {}
    for text, label in rows:
        of_label.setdefault(label, []).append(text)
    found = []
    for place, (text, label) in enumerate(rows):
        other, its_label = random.choice(rows)
        if place % 2:
            other, its_label = random.choice(of_label[label]), label
        if other != text:
            one, two = words(label), words(its_label)
            found.append((text, other, round(len(one & two) / len(one | two), 4)))
    return found


def read_named(path: Path) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """The texts of a CoNLL file, their tokens joined by blanks, and their names."""
    found = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line.split("\t") for line in block.splitlines() if line.strip()]
        text, spans = "", []
        for line in lines:
            start = len(text) + bool(text)
            text = f"{text} {line[0]}" if text else line[0]
            tag = line[-1].strip()
            if tag.startswith("B-"):
                spans.append((start, len(text), tag[2:]))
            elif tag.startswith("I-") and spans:
                spans[-1] = (spans[-1][0], len(text), spans[-1][2])
        if text:
            found.append((text, spans))
    return found


def asked(rows: Sequence[tuple[str, list[tuple[int, int, str]]]]) -> list[Row]:
    """Questions about posts with names, each with all names of its type as its answers."""
    random = Random(3)
    types = sorted({kind for _, spans in rows for *_, kind in spans})
    found = []
    for text, spans in rows:
        there = sorted({kind for *_, kind in spans})
        lacking = [kind for kind in types if kind not in there]
        for kind in [*there, random.choice(lacking)] if there and lacking else []:
            places = [(start, end) for start, end, of in spans if of == kind]
            answers = {
                "text": [text[start:end] for start, end in places],
                "answer_start": [start for start, _ in places],
            }
            found.append({"text": f"Which {kind}?", "pair": text, "label": answers})
    return found


def related(rows: Sequence[tuple[str, list[tuple[int, int, str]]]]) -> list[Row]:
    """Every two names of a post, in both orders."""
    return [
        {
            "text": text,
            "head": [head[0], head[1]],
            "tail": [tail[0], tail[1]],
            "label": "same" if head[2] == tail[2] else "other",
        }
        for text, spans in rows
        for head in spans
        for tail in spans
        if head != tail
    ]

"""Answers as lines: for people, csv, tsv, jsonl or conll, a window of texts at a time."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from itertools import islice, repeat
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from edgeft.cli.outputs import check_directory
from edgeft.cli.tags import SUFFIXES, Scheme, conll_lines
from edgeft.errors import OutputError
from edgeft.writing import refuse_to_overwrite, whole_file

if TYPE_CHECKING:
    from edgeft.progress import Bar
    from edgeft.runtime import Model, TokenCounts, ZeroShot

Asked = Callable[[list[Any]], list[Any]]
UNKNOWN = 0.01
"""the largest share of unknown tokens that nobody has to be told about"""
GIVEN = "given_"
"""what stands before the name of a kept column that an answer has as well"""


class Answered(NamedTuple):
    """A text, or two, and what the model answers to it."""

    given: Any
    answer: Any
    kept: Mapping[str, Any] = MappingProxyType({})
    """the cells of its row that are written beside the answer, by their columns"""

    def with_kept(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The cells that are kept, the text, and what was found: by the names of their columns."""
        told = texts_in(self.given) | dict(found)
        kept: dict[str, Any] = {}
        for name, cell in self.kept.items():
            while name in told or name in kept:
                name = GIVEN + name
            kept[name] = cell
        return kept | told


def most(model: "Model[Any] | ZeroShot", top_k: int) -> int:
    """How many labels a model is asked for: 0 of one that gives no list of so many."""
    from edgeft.runtime import Classifier, ZeroShot

    if isinstance(model, ZeroShot) and model.several:
        return 0
    return min(top_k, len(model.labels)) if isinstance(model, Classifier | ZeroShot) else 0


def asking(model: "Model[Any] | ZeroShot", top_k: int) -> Asked:
    """The function that asks a model about a list of texts; a classifier for `top_k` labels."""
    from edgeft.runtime import Classifier, ZeroShot

    if isinstance(model, Classifier | ZeroShot) and top_k:
        return lambda texts: model(texts, top_k=min(top_k, len(model.labels)))
    return lambda texts: list(model(texts))


def answered(
    texts: Iterable[Any], ask: Asked, window: int, kept: Iterable[Mapping[str, Any]] | None = None
) -> Iterator[Answered]:
    """Yield every text with its answer, however many there are: `window` are in memory.

    `kept` are the cells to keep of each text's row, if any.
    """
    texts, cells = iter(texts), repeat({}) if kept is None else iter(kept)
    while batch := list(islice(texts, window)):
        told = zip(batch, ask(batch), islice(cells, len(batch)), strict=True)
        yield from (Answered(*each) for each in told)


def counted(rows: Iterable[Answered], bar: "Bar") -> Iterator[Answered]:
    """The rows as they are; a bar goes on by one for each, however many lines it becomes."""
    for row in rows:
        yield row
        bar.advance()


def is_of_vectors(out: Path | None) -> bool:
    """Whether a file holds vectors and nothing else."""
    return out is not None and out.suffix.lower() == ".npy"


def lines_in(
    suffix: str | None, scheme: Scheme = "bio"
) -> Callable[[Iterable[Answered], int], Iterator[str]]:
    """The function that writes answers as lines of a file of that kind, or (None) for people.

    `scheme` is that of the tags in a CoNLL file.
    """
    match suffix and suffix.lower():
        case None:
            return plain_lines
        case ".jsonl":
            return json_lines
        case ".csv":
            return lambda rows, top_k: delimited_lines(rows, top_k, ",")
        case ".tsv":
            return lambda rows, top_k: delimited_lines(rows, top_k, "\t")
        case kind if kind in SUFFIXES:
            return conll_lines(scheme)
        case _:
            what = f"a {suffix} file" if suffix else "a file without a suffix"
            raise OutputError(f"cannot write {what}", hint="name a csv, tsv, jsonl or conll")


def fields_of(answer: Any, top_k: int) -> dict[str, Any]:
    """An answer by the names of its parts, as JSON has them.

    A number is a `score`, an array of them a `vector`, a part of a text what it says itself. Of
    labels the best one's `label` and `probability`, and all `answers` where several are wanted;
    other lists are `answers`, and a `label` as rows of training data have it.
    """
    if isinstance(answer, float):
        return {"score": round(answer, 6)}
    if is_vector(answer):
        return {"vector": numbers_of(answer)}
    if is_dataclass(answer):
        return rounded(answer)
    told = [rounded(each) for each in answer]
    if top_k == 0:
        return {"label": label_of(told), "answers": told}
    return told[0] | ({"answers": told} if top_k > 1 else {})


def label_of(told: list[dict[str, Any]]) -> list[Any]:
    """Labels that hold, or parts of a text, as a row of training data says them."""
    return [
        [each["start"], each["end"], each["label"]] if "start" in each else each["label"]
        for each in told
    ]


def is_vector(answer: Any) -> bool:
    """Whether an answer is an array of numbers, which numpy need not be imported to tell."""
    return hasattr(answer, "tolist")


def numbers_of(vector: Any) -> list[float]:
    """The numbers of a vector, with six digits."""
    return [round(each, 6) for each in vector.tolist()]


def parts_of(answer: Any) -> list[dict[str, Any]]:
    """What an answer is made of: itself, or each of a list."""
    return [rounded(each) for each in ([answer] if is_dataclass(answer) else answer)]


def rounded(part: Any) -> dict[str, Any]:
    """One answer of several, its numbers with six digits."""
    found = asdict(part) if is_dataclass(part) and not isinstance(part, type) else {"answer": part}
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in found.items()
    }


def texts_in(given: Any) -> dict[str, str]:
    """What was asked, by the names of the columns that hold it."""
    return {"text": given} if isinstance(given, str) else {"text": given[0], "pair": given[1]}


def plain_lines(rows: Iterable[Answered], top_k: int) -> Iterator[str]:
    """Answers, such as label and probability, and then the text; separated by tabs."""
    for given, answer, kept in rows:
        if isinstance(answer, float):
            cells = [f"{answer:.4f}"]
        elif is_vector(answer):
            cells = [" ".join(f"{each:.4f}" for each in answer.tolist())]
        else:
            told = parts_of(answer)
            cells = [shown(value) for each in told for value in each.values()] or ["-"]
        texts = [" ".join(text.split()) for text in texts_in(given).values()]
        yield "\t".join([*cells, *map(shown, kept.values()), *texts]) + "\n"


def shown(value: Any) -> str:
    """A part of an answer for a person, in one line."""
    return f"{value:.4f}" if isinstance(value, float) else " ".join(str(value).split()) or "-"


def json_lines(rows: Iterable[Answered], top_k: int) -> Iterator[str]:
    """An object a line: what is kept, text, and the parts of its answer."""
    for row in rows:
        found = row.with_kept(fields_of(row.answer, top_k))
        yield json.dumps(found, ensure_ascii=False, default=str) + "\n"


def delimited_lines(rows: Iterable[Answered], top_k: int, delimiter: str) -> Iterator[str]:
    """A header, then what is kept, text, label, probability, label_2, probability_2 and so on.

    Answers of any number are one cell, as JSON, beside the `label` that training data would have.
    """
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\n")

    def written(cells: list[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue()

    first = True
    for row in rows:
        cells = row.with_kept(columns_of(row.answer, top_k))
        if first:
            yield written(list(cells))
            first = False
        yield written([cell_of(value) for value in cells.values()])


def cell_of(value: Any) -> str:
    """A value of a column that is kept, or of an answer, as a cell; lists and objects as JSON."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)


def columns_of(answer: Any, top_k: int) -> dict[str, str]:
    """An answer as cells by the names of their columns."""
    if isinstance(answer, float):
        return {"score": f"{answer:.6f}"}
    if is_vector(answer):
        return {"vector": json.dumps(numbers_of(answer))}
    if top_k == 0 and not is_dataclass(answer):
        cells = fields_of(answer, top_k)
        return {name: json.dumps(cell, ensure_ascii=False) for name, cell in cells.items()}
    return {
        f"{name}{f'_{rank}' if rank > 1 else ''}": f"{value:.6f}"
        if isinstance(value, float)
        else str(value)
        for rank, each in enumerate(parts_of(answer), start=1)
        for name, value in each.items()
    }


def unknown_note(tokens: "TokenCounts") -> str | None:
    """What to tell about texts that the vocabulary hardly knows; None where it knows them."""
    if tokens.rate <= UNKNOWN:
        return None
    return (
        f"note: {tokens.unknown:,} of {tokens.read:,} tokens ({100 * tokens.rate:.1f} %) are"
        " unknown to the model: its vocabulary was made for other texts\n"
        "hint: prune the vocabulary with `corpora` of such texts, or start from a base model that"
        " knows their language"
    )


def write_vectors(rows: Iterable[Answered], file: IO[bytes]) -> None:
    """Write the vectors of texts as NumPy's array, float32 (texts, dimensions)."""
    import numpy as np

    vectors = [row.answer for row in rows]
    np.save(file, np.stack(vectors) if vectors else np.empty((0, 0), np.float32))


@contextmanager
def opened(out: Path | None, force: bool) -> Iterator[IO[Any]]:
    """Yield stdout, or a file that stands at `out` when all of it is written; bytes of vectors.

    Raises OutputError where `out` exists (without `force`), has no directory, or the disk is full.
    """
    if out is None:
        yield sys.stdout
        return
    refuse_to_overwrite(out, force)
    check_directory(out)
    text: dict[str, Any] = {"mode": "w", "encoding": "utf-8", "newline": ""}
    how = {"mode": "wb"} if is_of_vectors(out) else text
    with whole_file(out) as partial, partial.open(**how) as file:
        yield file

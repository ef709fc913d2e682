"""Answers as lines: for people, csv, tsv or jsonl, a window of texts at a time."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO

from edgeft.artifacts import as_output_error, refuse_to_overwrite
from edgeft.cli.outputs import check_directory
from edgeft.errors import DataError, OutputError

if TYPE_CHECKING:
    from edgeft.runtime import Answer, Classifier, TokenCounts

Answered = tuple[str, "list[Answer]"]
"""a text and its labels, the most probable first"""
UNKNOWN = 0.01
"""the largest share of unknown tokens that nobody has to be told about"""


def answered(
    texts: Iterable[str], model: "Classifier", top_k: int, window: int
) -> Iterator[Answered]:
    """Yield every text with its answers, however many there are: `window` are in memory."""
    texts = iter(texts)
    while batch := list(islice(texts, window)):
        yield from zip(batch, model(batch, top_k=top_k), strict=True)


def lines_in(suffix: str | None) -> Callable[[Iterable[Answered], int], Iterator[str]]:
    """The function that writes answers as lines of a file of that kind, or (None) for people."""
    match suffix and suffix.lower():
        case None:
            return plain_lines
        case ".jsonl":
            return json_lines
        case ".csv":
            return lambda rows, top_k: delimited_lines(rows, top_k, ",")
        case ".tsv":
            return lambda rows, top_k: delimited_lines(rows, top_k, "\t")
        case _:
            what = f"a {suffix} file" if suffix else "a file without a suffix"
            raise OutputError(f"cannot write {what}", hint="name a csv, tsv or jsonl")


def plain_lines(rows: Iterable[Answered], top_k: int) -> Iterator[str]:
    """Label and probability, as often as asked for, and the text; separated by tabs."""
    for text, answers in rows:
        cells = [cell for each in answers for cell in (each.label, f"{each.probability:.4f}")]
        yield "\t".join([*cells, " ".join(text.split())]) + "\n"


def json_lines(rows: Iterable[Answered], top_k: int) -> Iterator[str]:
    """An object a line: text, label, probability, and all `answers` where several are wanted."""
    for text, answers in rows:
        best = answers[0]
        found: dict[str, object] = {
            "text": text,
            "label": best.label,
            "probability": round(best.probability, 6),
        }
        if top_k > 1:
            found["answers"] = [
                {"label": each.label, "probability": round(each.probability, 6)} for each in answers
            ]
        yield json.dumps(found, ensure_ascii=False) + "\n"


def delimited_lines(rows: Iterable[Answered], top_k: int, delimiter: str) -> Iterator[str]:
    """A header, then text, label, probability, label_2, probability_2 and so on."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\n")

    def written(cells: list[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue()

    ranks = ["", *(f"_{rank}" for rank in range(2, top_k + 1))]
    yield written(
        ["text", *(f"{name}{rank}" for rank in ranks for name in ("label", "probability"))]
    )
    for text, answers in rows:
        cells = [cell for each in answers for cell in (each.label, f"{each.probability:.6f}")]
        yield written([text, *cells])


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


def lines_of(stdin: TextIO) -> Iterator[str]:
    """Yield the lines of stdin as texts; raises DataError for bytes that are not UTF-8."""
    for number, line in enumerate(stdin.buffer, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"stdin, line {number}: not valid UTF-8", hint="convert it first, such as by iconv"
            ) from error


@contextmanager
def opened(out: Path | None, force: bool) -> Iterator[IO[str]]:
    """Yield stdout, or a file that stands at `out` when all of it is written.

    Raises OutputError where `out` exists (without `force`), has no directory, or the disk is full.
    """
    if out is None:
        yield sys.stdout
        return
    refuse_to_overwrite(out, force)
    check_directory(out)
    partial = out.with_name(f".{out.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield file
        partial.replace(out)
    except OSError as error:
        raise as_output_error(error, out) from error
    finally:
        partial.unlink(missing_ok=True)

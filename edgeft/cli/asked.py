"""What a bundle is asked: by arguments, by lines of stdin, by the rows of a file."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from edgeft.errors import DataError

if TYPE_CHECKING:
    from edgeft.runtime.given import Given
    from edgeft.runtime.manifest import Manifest

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
"""files whose rows have columns"""
LONGEST_NAME = 200
"""characters of a text that may be the name of a file"""


def given_in(
    file: Path,
    manifest: "Manifest",
    column: str,
    pair: str,
    encoding: str,
    *,
    named: bool = False,
) -> "Iterator[Given]":
    """Yield what a bundle is asked by a file's rows: texts, or two together where it reads two.

    They are read as its task reads them, such as SQuAD's, where that is installed. With
    `named`, labels are given by name, and each row is one text, whatever the bundle reads.
    """
    from edgeft.data.asked import read_asked
    from edgeft.data.texts import read_pairs, read_texts
    from edgeft.registry import load_plugins

    if named:
        return read_texts(file, column, encoding)
    task = load_plugins().tasks.get(manifest.task)
    if task is not None:
        return read_asked(file, task(), column, pair, encoding)
    if manifest.decoding.pairs:
        return read_pairs(file, column, pair, encoding)
    return read_texts(file, column, encoding)


def is_name_of_file(text: str) -> bool:
    """Whether a text is the name of a file of texts that is there: somebody forgot `--file`."""
    path = Path(text)
    named = len(text) < LONGEST_NAME and path.suffix.lower() in (*TABLES, ".txt")
    return named and path.is_file()


def kept_in(file: Path, names: Sequence[str], encoding: str) -> Iterator[dict[str, Any]]:
    """The cells of a file's rows to write beside the answers, by their columns.

    Raises DataError for a column that is missing, and for a file without columns, at once.
    """
    from edgeft.data.files import FileSource
    from edgeft.starter.sources import is_table

    if file.suffix.lower() not in TABLES or not is_table(file, encoding):
        raise DataError(f"{file} has no columns to keep", hint="leave --keep out")
    columns = {f"--keep {name}": name for name in names}  # by roles that nothing else has
    rows = FileSource(file, columns, encoding).rows()
    first = next(rows)
    return (dict(zip(columns.values(), values, strict=True)) for _, values in chain([first], rows))


def in_pairs(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Texts two by two; raises DataError where one is left."""
    remaining = iter(texts)
    for first in remaining:
        second = next(remaining, None)
        if second is None:
            raise DataError(
                "this model reads two texts together, and the last one is alone",
                hint="give them two by two or with a tab between, or --file, --text and --pair",
            )
        yield first, second


def in_columns(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Lines two by two, or, where the first one has a tab, the two texts of each line.

    Raises DataError for a line that then has no tab, or more than one, and where a line is left.
    """
    remaining = iter(lines)
    first = next(remaining, None)
    if first is None:
        return
    if "\t" not in first:
        yield from in_pairs(chain([first], remaining))
        return
    for number, line in enumerate(chain([first], remaining), start=1):
        texts = line.split("\t")
        if len(texts) != 2:
            raise DataError(
                f"stdin, line {number}: {len(texts) - 1} tabs, and the first line has one between"
                " two texts",
                hint="put one tab into each line, or give --file with --text and --pair",
            )
        yield texts[0], texts[1]


def lines_of(stdin: TextIO, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of stdin as texts; raises DataError for bytes that are not in an encoding.

    Of one whose lines end in the bytes of a line feed, which UTF-16 does not.
    """
    first = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    for number, line in enumerate(stdin.buffer, start=1):
        try:
            yield line.decode(first if number == 1 else encoding).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"stdin, line {number}: not valid {encoding}",
                hint="name its encoding, such as --encoding cp1252, or convert it by iconv",
            ) from error

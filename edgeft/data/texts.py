"""Texts to answer or to time, out of a file: the standard library alone, for devices."""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edgeft.data.records import FORMATS, Row, Wanted, place, read_columns, reading
from edgeft.errors import DataError

if TYPE_CHECKING:
    from edgeft.runtime.manifest import Decoding


def read_texts(path: str | Path, column: str = "text", encoding: str = "utf-8") -> Iterator[str]:
    """Yield the texts of a txt (a line a text), csv, tsv, jsonl or json file, in order.

    Empty texts are kept, so that answers line up with rows. Parquet is read where pyarrow is
    installed. Raises DataError naming file, line and column for what is missing or no text.
    """
    for (text,) in strings(Path(path), {"text": column}, encoding):
        yield text


def read_pairs(
    path: str | Path, column: str = "text", pair: str = "pair", encoding: str = "utf-8"
) -> Iterator[tuple[str, str]]:
    """Yield the texts of two columns of a file, as `read_texts` does those of one."""
    for row in strings(Path(path), {"text": column, "pair": pair}, encoding):
        yield row[0], row[1]


def kind_of(decoding: "Decoding") -> dict[str, bool]:
    """What a bundle reads, as `read_given` is asked for it."""
    return {"pairs": decoding.pairs, "parts": decoding.function == "relation"}


def read_given(
    path: str | Path, column: str, pair: str, *, pairs: bool, parts: bool = False
) -> Iterator[str | tuple[str, str]]:
    """Yield what a model reads of a file's rows: texts, `pairs` of them, or two `parts` of each."""
    if parts:
        return read_marked(Path(path), column)
    return read_pairs(path, column, pair) if pairs else read_texts(path, column)


def read_marked(path: Path, column: str = "text", encoding: str = "utf-8") -> Iterator[str]:
    """Yield texts with their two parts marked, from what training reads as well.

    Raises DataError naming file and line for a row whose text has no two such parts.
    """
    from edgeft.tasks.relation_extraction.rows import FURTHER, marked_text

    rows = sentences(path, encoding)
    if rows is None:
        wanted = {"text": column} | {name: name for name in FURTHER}
        rows = columns_of(path, wanted, encoding, FURTHER)
    for number, values in rows:
        found = dict(zip(("text", *FURTHER), values, strict=False))
        try:
            text = marked_text(found)
            if not text:
                raise DataError("the text is empty", hint="remove the row")
        except DataError as error:
            raise DataError(f"{place(path, number)}: {error.message}", hint=error.hint) from error
        yield text


def sentences(path: Path, encoding: str) -> Iterator[Row] | None:
    """The rows of a file of sentences and their relations; None for one of another kind."""
    from edgeft.tasks.relation_extraction.semeval import is_semeval, read_semeval

    if path.suffix.lower() != ".txt":
        return None
    with reading(path, encoding) as file:
        if not is_semeval(next((line for line in file if line.strip()), "")):
            return None

    def rows() -> Iterator[Row]:
        with reading(path, encoding) as file:
            yield from read_semeval(file, ["text"])

    return rows()


def strings(path: Path, columns: Wanted, encoding: str) -> Iterator[tuple[str, ...]]:
    """Yield the values of columns; raises DataError for one that is no string."""
    for number, values in columns_of(path, columns, encoding):
        for column, text in zip(columns.values(), values, strict=True):
            if not isinstance(text, str):
                raise DataError(
                    f"{place(path, number)}: column {column!r} holds {text!r}, not a text",
                    hint="write it as a string",
                )
        yield values


def columns_of(
    path: Path, columns: Wanted, encoding: str, optional: Container[str] = ()
) -> Iterator[Row]:
    """Rows of any file; roles that are `optional` are None where it has no such column."""
    if path.suffix.lower() == ".parquet":
        return parquet_rows(path, columns, optional)
    return read_columns(path, columns, encoding, optional)


def parquet_rows(path: Path, columns: Wanted, optional: Container[str] = ()) -> Iterator[Row]:
    """Rows of a Parquet file; raises DataError where pyarrow is not installed."""
    try:
        from edgeft.data.tables import read_parquet
    except ImportError as error:
        raise DataError(
            f"{path}: reading Parquet needs pyarrow",
            hint=f"pip install 'edgeft[train]', or save it as one of {', '.join(FORMATS)}",
        ) from error
    return read_parquet(path, columns, optional)

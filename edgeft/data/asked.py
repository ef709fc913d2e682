"""What a model is asked by a file: read as training reads it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeft.data.files import FileSource
from edgeft.errors import DataError
from edgeft.tasks import Task


def read_asked(
    path: Path, task: Task, column: str, pair: str, encoding: str = "utf-8"
) -> Iterator[Any]:
    """Yield the texts of a file's rows, or two together where a task's models read two.

    They are in the writing in which a task's models are asked. `column` and `pair` name the columns
    of a file that has columns. Empty texts are kept, so that answers line up with rows, but where a
    model is asked about marked parts of a text. Raises DataError naming file and line for what is
    no text.
    """
    columns = {"text": column} | ({"pair": pair} if task.pairs else {})
    columns |= {role: role for role in task.further}
    reader = task.reader_of(path.suffix.lower(), labelled=False)
    source = FileSource(path, columns, encoding, reader, task.further)
    for number, values in source.rows():
        found = dict(zip(source.roles, values, strict=True))
        try:
            yield asked(found, task)
        except DataError as error:
            raise DataError(f"{source.place(number)}: {error.message}", hint=error.hint) from error


def asked(values: dict[str, Any], task: Task) -> Any:
    """What a model is asked by a row, its values by role."""
    for role in ("text", "pair"):
        if role in values and values[role] is None:
            raise DataError(f"the {role} is missing", hint="fill it in, or remove the row")
    text = task.write_text(task.text_given(values))
    if task.marks and not text.strip():
        raise DataError("the text is empty", hint="fill it in, or remove the row")
    return (text, task.write_text(values["pair"])) if "pair" in values else text

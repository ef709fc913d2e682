"""What a bundle is asked by a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeft.runtime.given import Given
    from edgeft.runtime.manifest import Manifest


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

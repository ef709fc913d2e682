"""Reads other data that an augmenter's options name, as `data:` of a recipe is read."""

from pathlib import Path
from typing import Any

from edgeft.data import DataSource
from edgeft.data.checking import Checked, check
from edgeft.data.sources import locate
from edgeft.plugin import Augmenter


def read(name: str, role: str, spool: Path, step: Augmenter[Any]) -> Checked:
    """The usable rows of a source; raises DataError naming file and line of one that is not.

    The step's options say what its columns are called, and its encoding. `role` is that of
    `edgeft.data.sources.locate`.
    """
    options, context = step.options, step.context
    source = DataSource(train=name, columns=options.columns, encoding=options.encoding)
    located = locate(name, role, source, context.task, context.find_data)
    with context.progress.bar(f"reading {located}", unit="rows") as bar:
        return check(located, context.task, spool, bar)

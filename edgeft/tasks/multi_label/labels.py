"""Several labels of a text: written as a JSON list of names, read from lists and cells."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeft.errors import DataError

SEPARATORS = ("|\uff5c", ";\uff1b", ",\uff0c\u3001")
"""what stands between labels in a cell, full width or not: the first of these kinds that is in it,
for names have commas"""


def write(value: Any) -> str:
    """The labels of a row as the dataset holds them: a JSON list of names, sorted, each once.

    Takes a list of names, the JSON of one, or names separated by |, or else by ;, or else by
    commas. An empty cell says that no label holds. Raises DataError, without a place, for what is
    neither.
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "[]"
    if isinstance(value, str):
        value = parts(value.strip())
    elif isinstance(value, int | bool):
        value = [str(value)]
    if not isinstance(value, list | tuple) or not all(
        isinstance(each, str | int) for each in value
    ):
        raise DataError(
            f"the labels are {value!r:.80}, not a list of names",
            hint='write ["a", "b"], or a|b, or map another column: `columns: {label: ...}`',
        )
    names = [str(each).strip() for each in value]
    return json.dumps(sorted({name for name in names if name}), ensure_ascii=False)


def parts(cell: str) -> Any:
    """The labels in a cell: a JSON list, or what stands between separators."""
    if cell.startswith("["):
        try:
            return json.loads(cell)
        except ValueError as error:
            raise DataError(
                f"the labels {cell!r:.80} look like a JSON list and are none: {error}",
                hint='write ["a", "b"], or a|b',
            ) from error
    kinds = (f"[{each}]" for each in SEPARATORS)
    separator = next((each for each in kinds if re.search(each, cell)), None)
    return re.split(separator, cell) if separator else [cell]


def read(answer: str) -> list[str]:
    """The labels of an answer as `write` wrote it."""
    found: list[str] = json.loads(answer)
    return found


def check(answers: Sequence[str], names: list[str]) -> None:
    """Raise DataError where there is nothing to tell apart; `answers` are the different ones."""
    if not names:
        raise DataError(
            "no row has a label", hint="check the label column: an empty one says that none holds"
        )
    if len(answers) == 1:
        raise DataError(
            f"every row has the same labels: {', '.join(map(repr, names))}",
            hint="a model needs texts for which a label does not hold: check the label column",
        )


def indicators(answers: Sequence[str | None], names: list[str]) -> np.ndarray:
    """1 where a label holds and 0 where not, float32 (rows, labels); NaN for rows without answer.

    Raises DataError for a label that is not among `names`.
    """
    place = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(answers), len(names)), dtype=np.float32)
    for row, answer in enumerate(answers):
        if answer is None:
            found[row] = np.nan
            continue
        for label in read(answer):
            if label not in place:
                raise DataError(
                    f"row {row} has the label {label!r}, which is not among the {len(names)} labels"
                    " known",
                    hint=f"known: {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}",
                )
            found[row, place[label]] = 1
    return found


def rarest(answers: Sequence[str | None], names: list[str]) -> np.ndarray:
    """The place of each row's rarest label, int64 (rows,); one beyond them for rows with none.

    So a split takes its share of rare labels too (a simple form of iterative stratification,
    Sechidis et al. 2011).
    """
    holds = np.nan_to_num(indicators(answers, names)) > 0
    frequent = np.where(holds, holds.sum(axis=0), len(answers) + 1)
    found: np.ndarray = np.where(holds.any(axis=1), frequent.argmin(axis=1), len(names))
    return found


def counts(answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
    """How many rows each label holds for; empty where no row has an answer."""
    if all(answer is None for answer in answers):
        return {}
    found = np.nansum(indicators(answers, names), axis=0).astype(int).tolist()
    return dict(zip(names, found, strict=True))

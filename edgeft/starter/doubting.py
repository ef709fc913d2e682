"""What a first look at somebody's data makes one doubt: notes to read before a run."""

from collections.abc import Collection
from shlex import quote
from typing import TYPE_CHECKING

from edgeft.errors import DataError

if TYPE_CHECKING:
    from edgeft.registry import Registry
    from edgeft.starter.looking import Look
    from edgeft.tasks import Task

USUAL = "text-classification"
"""the task of tables of texts"""
SEVERAL = "multi-label-classification"
"""the task of tables whose cells hold several labels"""
MANY_NUMBERS = 10
"""different numbers in the place of labels from which on they may be meant as numbers"""
MANY_LABELS = 0.5
"""different labels over texts, from which on the column may hold something else"""


def of_another_task(seen: "Look", registry: "Registry", chosen: "Task") -> list[str]:
    """Notes on tasks whose columns are all there, by their usual names or those of their roles."""
    columns = seen.columns
    kinds = {name: registry.task(name) for name in registry.tasks}
    usual = [name for name, kind in kinds.items() if has_usual(kind, columns)]
    most = max((len(kinds[name].usual) for name in usual), default=0)
    found = [name for name in usual if len(kinds[name].usual) == most]
    found += [name for name, kind in kinds.items() if has_further(kind, columns)]
    if not found:
        answer = "number" if seen.cells and all(map(is_number, seen.cells)) else "label"
        found = [
            name
            for name, kind in kinds.items()
            if kind.pairs and kind.answer == answer and set(kind.columns) <= set(columns)
        ]
    if not found or chosen.name in found:
        return []
    flags = " or ".join(f"--task {name}" for name in found)
    them = "it" if len(found) == 1 else "these"
    return [f"the columns are those of {' and '.join(found)}: for {them}, {flags}"]


def has_usual(kind: "Task", columns: list[str]) -> bool:
    """Whether columns have the names that a task's usually have."""
    found = [any(each in columns for each in names) for names in kind.usual.values()]
    return bool(found) and all(found)


def has_further(kind: "Task", columns: list[str]) -> bool:
    """Whether columns are, besides a text's, some that a task alone reads: two of them at least."""
    return "text" in columns and sum(name in columns for name in kind.further) > 1


def taken_for_several(seen: "Look") -> str:
    """What to say where cells that look like several labels chose the task."""
    return f"a label such as {seen.several!r} is taken for several; if it is one, --task {USUAL}"


def names_in(cells: list[str], kind: "Task") -> list[str]:
    """The labels that cells of several name; none where the task has no such cells."""
    if kind.answer != "labels":
        return []
    try:
        return kind.label_names([kind.write_answer(cell, "") for cell in cells])
    except DataError:  # which a run tells with its place
        return []


def few_to_judge(rows: int, allowed: float) -> list[str]:
    """What so few rows, of which a tenth is split off, cannot tell about what a step may lose."""
    from edgeft.report.cautions import enough

    judging = rows // 10
    if not 0 < judging < enough(allowed):
        return []
    texts = "1 text" if judging == 1 else f"{judging} texts"
    return [
        f"{texts}, a tenth, will say whether a step loses too much, and so few cannot"
        f" resolve `max_drop: {allowed}`: name a few hundred with --validation where you have them"
    ]


def doubts(seen: "Look", kind: "Task") -> list[str]:
    """What a look at labels found that a run would refuse, or learn otherwise than was meant."""
    said = []
    if kind.answer == "labels" and 0 < len(seen.cells) == seen.labels:
        said.append(
            f"no text has more than one label, such as {seen.cells[0]!r}: between several stands"
            " |, ; or a comma, or they are a JSON list"
        )
    points = [cell.replace(",", ".", 1) for cell in seen.cells]
    if kind.name == USUAL and len(points) >= MANY_NUMBERS and all(map(is_number, points)):
        written = "" if points == seen.cells else ", written with a decimal point"
        said.append(
            f"the {len(points)} labels are numbers; to answer with a number, --task"
            f" regression{written}"
        )
    if kind.name == USUAL and (several := seen.several or several_by_commas(seen.cells)):
        said.append(f"the label {several!r} looks like several; for these, --task {SEVERAL}")
    if seen.flags and kind.answer in ("label", "labels"):
        said.append(
            f"the columns {', '.join(seen.flags)} hold 0 and 1 alone, and one is read: if each is"
            " a label, write the names of those that hold into one column, such as"
            f" {'|'.join(seen.flags[:2])}, and take --task {SEVERAL}"
        )
    if kind.answer in ("label", "labels"):
        from edgeft.data.notes import alike_labels

        said += alike_labels(names_in(seen.cells, kind) or seen.cells)
    if kind.answer == "label" and len(seen.cells) > MANY_LABELS * seen.rows:
        said.append(
            f"{seen.labels:,} labels of {seen.rows:,} texts: if {seen.label!r} is not the label,"
            " name the columns: --text COLUMN --label COLUMN"
        )
    return said


def unread_texts(seen: "Look", kind: "Task") -> list[str]:
    """What to say of a second column of texts, where a task reads one."""
    if kind.name != USUAL or not seen.unread:
        return []
    both = f"--task pair-classification --text {quote(seen.text)} --pair {quote(seen.unread)}"
    return [
        f"the column {seen.unread!r} holds texts as well, and only {seen.text!r} is read: for two"
        f" that are read together, {both}"
    ]


def several_by_commas(labels: Collection[str]) -> str:
    """A label that is others of them with commas between, where there are two such; else empty."""
    known = set(labels)
    found = [
        label
        for label in sorted(known)
        if "," in label and {part.strip() for part in label.split(",")} <= known
    ]
    return found[0] if len(found) > 1 else ""


def is_number(cell: str) -> bool:
    """Whether a cell is a number as Python reads it."""
    try:
        float(cell)
    except ValueError:
        return False
    return True

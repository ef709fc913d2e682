"""What a first recipe is written from: flags, what their data look like, and a person's answers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgeft.data import DataSource, no_negatives
from edgeft.data.sources import names
from edgeft.errors import DataError
from edgeft.registry import Registry
from edgeft.starter.checking import check_columns, check_split
from edgeft.starter.doubting import (
    SEVERAL,
    USUAL,
    doubts,
    few_to_judge,
    names_in,
    of_another_task,
    taken_for_several,
    unread_texts,
)
from edgeft.starter.looking import Look, look_at_pool
from edgeft.starter.recognizing import own_columns, task_of_rows
from edgeft.starter.sources import PAIR, is_table, look_at, pool, rows_in, task_of
from edgeft.starter.writing import DROP, DROP_OF_VECTORS, Answers, default_base
from edgeft.tasks import Task

SLOW = ("labels", "span")
"""kinds of answers for which a teacher of few rows needs many epochs (benchmarks/few_rows.py)"""
Ask = Callable[[str, str], str]
"""a question and what Enter takes, to what a person answers"""


@dataclass(frozen=True)
class Flags:
    """What somebody says from the start; None where it is left open."""

    train: str | None = None
    task: str | None = None
    base: str | None = None
    validation: str | None = None
    test: str | None = None
    unlabelled: str | None = None
    labels: str | None = None
    """a file of labels' names, or the names with commas between them, in the place of `train`"""
    text: str | None = None
    label: str | None = None
    pair: str = PAIR
    negative: str | None = None
    encoding: str = "utf-8"

    def pair_of(self, task: Task) -> str:
        """The column of the second text, where the task reads one."""
        return self.pair if "pair" in task.columns else ""


@dataclass(frozen=True)
class Start:
    """What a first look told: the task, what the data look like, and what to say of them."""

    flags: Flags
    task: Task
    train: str
    """what was looked at: validation where labels are names alone"""
    seen: Look
    has_label: bool
    """whether a column is to hold answers"""
    notes: list[str] = field(default_factory=list)

    @property
    def pool(self) -> str:
        """The texts without labels that names are learnt from; empty where there is a train."""
        return (self.flags.unlabelled or "") if self.flags.labels else ""

    @property
    def left_open(self) -> list[str]:
        """The flags that nobody gave, and that are asked for or chosen."""
        flags = self.flags
        asked = ["text", *["label"] * self.has_label, "base", "validation", "test"]
        if self.task.name != USUAL:
            asked = ["task", *asked]
        return [name for name in asked if getattr(flags, name) is None]

    def described(self) -> str:
        """What was found, in a sentence."""
        labels = f" {self.seen.labels} labels," if self.seen.labels else ""
        return (
            f"{self.pool or self.train}: {self.seen.rows:,} texts,{labels} a long text has"
            f" {self.seen.words} words"
        )


def first_look(flags: Flags, called: list[str], registry: Registry) -> Start:
    """Choose the task where none is named, and look at the data.

    `called` are the names of labels where these are all there is. Raises DataError for data that
    cannot be used.
    """
    rows = rows_in(flags.train, flags.encoding)
    chosen = (
        flags.task
        or task_of_rows(rows, registry)
        or task_of(flags.train or flags.validation, registry, flags.encoding)
    )
    task = registry.task(chosen)
    if flags.negative is not None and "negative" not in task.optional:
        raise no_negatives(chosen)
    named = count_names(flags, called, task) if flags.labels is not None else 0
    train = flags.train if flags.labels is None else flags.validation
    if not train:
        raise DataError("no training texts are named", hint="add --train DATA")
    own = {} if task.usual else own_columns(task, rows)  # which a look finds by their names
    text, label = flags.text or own.get("text", ""), flags.label or own.get("label", "")
    seen = look_at(train, text, label, registry, task, flags.pair_of(task), flags.encoding)
    if flags.labels is None and flags.task is None and chosen == USUAL and seen.several:
        task = registry.task(SEVERAL)
    if seen.columns:
        given = {"text": text, "label": label}
        check_columns(train, seen.columns, {role: name for role, name in given.items() if name})
    seen, has_label = with_answers(seen, task, flags)
    one = has_label and task.answer == "label" and seen.labels == 1 < seen.rows
    if one and flags.labels is None:
        raise DataError(
            f"{train}: every text has the same label",
            hint="add texts of another label, or name another column: --label COLUMN",
        )
    if flags.labels is not None and flags.unlabelled is not None:
        seen = look_at_pool(pool(flags.unlabelled, seen.text, flags.encoding), seen, named)
    notes = noted(seen, task, flags, registry) if flags.labels is None else []
    return Start(flags, task, train, seen, has_label, notes)


def count_names(flags: Flags, called: list[str], task: Task) -> int:
    """How many names of labels there are; refused where something is missing, or one too many."""
    if not (flags.validation and flags.unlabelled):
        raise DataError(
            "names of labels are learnt from texts without labels, and judged by some with labels",
            hint="add --unlabelled TEXTS --validation DATA",
        )
    return len(names(DataSource(labels=called, validation=flags.validation), task).called)


def with_answers(seen: Look, task: Task, flags: Flags) -> tuple[Look, bool]:
    """What was seen, with the labels as the task reads them, and whether a column holds answers."""
    has_label = "label" in task.columns
    if "label" in task.optional:  # answers may stand there, and are no labels
        has_label = flags.label is not None or "label" in seen.columns
        seen = replace(seen, several="", cells=[], labels=0)
    if not has_label:
        return replace(seen, label="", labels=0), False
    if task.answer != "label":  # whose different cells are no labels
        seen = replace(seen, labels=len(names_in(seen.cells, task)))
    return seen, True


def noted(seen: Look, task: Task, flags: Flags, registry: Registry) -> list[str]:
    """What a person should know of the data before a run."""
    found = of_another_task(seen, registry, task) if flags.task is None else []
    if flags.task is None and task.name == SEVERAL and seen.several:
        found.append(taken_for_several(seen))
    split_off = seen.rows if flags.validation is None else 0
    allowed = DROP if task.labelled else DROP_OF_VECTORS
    found = found or unread_texts(seen, task)
    return [*found, *doubts(seen, task), *few_to_judge(split_off, allowed)]


def settled(start: Start, registry: Registry, ask: Ask | None) -> Answers:
    """What the recipe is written from; what is left open is asked for, or else chosen.

    Raises DataError for columns and files that are not there.
    """
    flags, task, seen = start.flags, start.task, start.seen
    taken = ask or (lambda question, default: default)
    text, label, negative = flags.text or "", flags.label or "", flags.negative or ""
    pair = flags.pair_of(task)
    wanted = {}
    if seen.columns:
        text = text or taken("Column of the text", seen.text)
        if start.has_label:
            label = label or taken("Column of the label", seen.label)
        pair = seen.pair or pair
        if "negative" in {*seen.columns} & {*task.optional}:
            negative = negative or "negative"
        roles = {"text": text, "pair": pair, "label": label, "negative": negative}
        wanted = {
            role: name
            for role, name in roles.items()
            if role in (*task.columns, *task.optional) and (name or role not in task.optional)
        }
        check_columns(start.train, seen.columns, wanted)
    base = flags.base or taken("Pretrained model", default_base())
    validation = flags.validation or taken("Validation texts (empty: split off)", "")
    test = flags.test or taken("Test texts (empty: split off)", "")
    for source in filter(None, (validation, test)):
        of_rows = seen.columns and is_table(Path(source).expanduser(), flags.encoding)
        check_split(source, wanted if of_rows else {}, registry, flags.encoding)
    return Answers(
        base=base,
        train="" if flags.labels else start.train,
        validation=validation,
        test=test,
        unlabelled=flags.unlabelled or "",
        labels=flags.labels or "",
        text=text or "text",
        label=(label or "label") if start.has_label else "",
        pair=pair,
        negative=negative,
        encoding=flags.encoding,
        task=task.name,
        metric=task.metric,
        learns_slowly=task.answer in SLOW,
        vectors=task.answer == "vector",
        one_label=task.answer == "label" and not (task.pairs or task.marks),
        names=task.answer == "spans",
        taught=task.labelled,
        augments=all(
            step.fits(task)
            for step in (registry.step("augment", name) for name in ("neighbours", "mask"))
        ),
    )


def chosen_unasked(answers: Answers, left_open: list[str]) -> str:
    """What was chosen without asking, each as the flag that would choose it."""
    chosen = {name: getattr(answers, name) for name in left_open}
    shown = [
        f"--{name} {value}" if value else f"no {name}" if answers.labels else f"{name} split off"
        for name, value in chosen.items()
    ]
    return f"chosen without asking: {', '.join(shown)}"

"""The command that writes a first recipe."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeft.cli import completing
from edgeft.cli.naming import labels_in
from edgeft.cli.options import EncodingOption, NegativeOption, PairOption
from edgeft.starter.doubting import (
    SEVERAL,
    USUAL,
    doubts,
    few_to_judge,
    names_in,
    of_another_task,
    taken_for_several,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeft.registry import Registry
    from edgeft.starter.looking import Look
    from edgeft.starter.writing import Answers
    from edgeft.tasks import Task

SLOW = ("labels", "span")
"""kinds of answers for which a teacher of few rows needs many epochs (benchmarks/few_rows.py)"""
BEGINNING = 64
"""characters of a JSON file that tell what it holds"""


def init(
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            autocompletion=completing.tasks,
            help=f"What the model learns to do; {USUAL} by default, {SEVERAL} where cells"
            " look like several labels, or the task that alone has such files or cells.",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="MODEL", help="Pretrained model; MiniLM by default."),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            "--train",
            metavar="DATA",
            help="A csv, tsv, jsonl, json or parquet file, a folder with a sub-folder a label, a"
            " hub id or a sample name.",
        ),
    ] = None,
    validation: Annotated[
        str | None, typer.Option("--validation", metavar="DATA", help="Split off if not given.")
    ] = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="DATA", help="Split off if not given.")
    ] = None,
    unlabelled: Annotated[
        str | None,
        typer.Option("--unlabelled", metavar="TEXTS", help="Texts without labels to learn from."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="LABELS",
            help="In the place of --train, where no text has a label: names with commas between"
            " them, or a file with a name a line, and after a tab what it is called.",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="COLUMN", help="Column that holds the text.")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="COLUMN", help="Column that holds the label.")
    ] = None,
    pair: PairOption = "pair",
    negative: NegativeOption = None,
    encoding: EncodingOption = "utf-8",
    out: Annotated[Path, typer.Option("--out", metavar="RECIPE", help="Recipe to write.")] = Path(
        "recipe.yaml"
    ),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what looks right.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the recipe at --out.")] = False,
) -> None:
    """Look at your data and write a commented recipe that runs.

    Asks what the flags leave open.
    """
    from edgeft.artifacts import refuse_to_overwrite, write_text
    from edgeft.cli.outputs import check_directory
    from edgeft.cli.plan import default_out
    from edgeft.data import no_negatives
    from edgeft.errors import DataError
    from edgeft.models import strange_texts
    from edgeft.recipe import load_recipe
    from edgeft.registry import load_plugins
    from edgeft.starter.checking import check_columns, check_split
    from edgeft.starter.looking import look_at_pool
    from edgeft.starter.recognizing import own_columns, task_of_rows
    from edgeft.starter.writing import (
        DROP,
        DROP_OF_VECTORS,
        Answers,
        default_base,
        write_recipe,
    )

    asking = not yes and sys.stdin.isatty()
    refuse_to_overwrite(out, force)
    check_directory(out)
    registry = load_plugins()
    if train is None and labels is None and asking:
        train = ask("Training texts (file, folder, hub id or sample name)")
    rows = rows_in(train, encoding)
    chosen = (
        task or task_of_rows(rows, registry) or task_of(train or validation, registry, encoding)
    )
    kind = registry.task(chosen)
    own = own_columns(kind, rows)
    if negative is not None and "negative" not in kind.optional:
        raise no_negatives(chosen)
    names = 0
    if labels is not None:
        names = count_names(labels, train, validation, unlabelled, kind)
        train = validation
    if not train:
        raise DataError("no training texts are named", hint="add --train DATA")
    pair = pair if "pair" in kind.columns else ""
    its_text, its_label = text or own.get("text"), label or own.get("label")
    seen = look_at(train, its_text, its_label, registry, kind, pair, encoding)
    if task is None and chosen == USUAL and labels is None and seen.several:
        chosen, kind = SEVERAL, registry.task(SEVERAL)
    has_label = "label" in kind.columns
    if "label" in kind.optional:  # answers may stand there, and are no labels
        has_label = label is not None or "label" in seen.columns
        seen = replace(seen, several="", cells=[], labels=0)
    if not has_label:
        seen = replace(seen, label="", labels=0)
    elif kind.answer != "label":  # whose different cells are no labels
        seen = replace(seen, labels=len(names_in(seen.cells, kind)))
    elif seen.labels == 1 < seen.rows and labels is None:
        raise DataError(
            f"{train}: every text has the same label",
            hint="add texts of another label, or name another column: --label COLUMN",
        )
    if labels is not None and unlabelled is not None:
        seen = look_at_pool(pool(unlabelled, seen.text, encoding), seen, names)
    if seen.rows:
        typer.echo(describe(unlabelled if labels and unlabelled else train, seen), err=True)
    if labels is None:
        others = of_another_task(seen, registry) if task is None else []
        if task is None and chosen == SEVERAL and seen.several:
            others.append(taken_for_several(seen))
        split_off = seen.rows if validation is None else 0
        allowed = DROP if kind.labelled else DROP_OF_VECTORS
        for note in [*others, *doubts(seen, kind), *few_to_judge(split_off, allowed)]:
            typer.echo(f"note: {note}", err=True)
    flags = {"text": text, "label": label, "base": base, "validation": validation, "test": test}
    if not has_label:
        del flags["label"]
    if chosen != USUAL:
        flags = {"task": task, **flags}
    left_open = [name for name, value in flags.items() if value is None]
    if seen.columns:
        text = text or (ask("Column of the text", seen.text) if asking else seen.text)
        if has_label:
            label = label or (ask("Column of the label", seen.label) if asking else seen.label)
        pair = seen.pair or pair
        if negative is None and "negative" in {*seen.columns} & {*kind.optional}:
            negative = "negative"
        wanted = {"text": text, "pair": pair, "label": label or "", "negative": negative or ""}
        wanted = {
            role: name
            for role, name in wanted.items()
            if role in (*kind.columns, *kind.optional) and (name or role not in kind.optional)
        }
        check_columns(train, seen.columns, wanted)
    if base is None:
        base = ask("Pretrained model", default_base()) if asking else default_base()
    if asking:
        validation = validation or ask("Validation texts (empty: split off)", "")
        test = test or ask("Test texts (empty: split off)", "")
    for source in filter(None, (validation, test)):
        of_rows = seen.columns and is_table(Path(source).expanduser(), encoding)
        check_split(source, wanted if of_rows else {}, registry, encoding)
    answers = Answers(
        base=base,
        train="" if labels else train,
        validation=validation or "",
        test=test or "",
        unlabelled=unlabelled or "",
        labels=labels or "",
        text=text or "text",
        label=(label or "label") if has_label else "",
        pair=pair,
        negative=negative or "",
        encoding=encoding,
        task=chosen,
        metric=kind.metric,
        learns_slowly=kind.answer in SLOW,
        vectors=kind.answer == "vector",
        one_label=kind.answer == "label" and not (kind.pairs or kind.marks),
        names=kind.answer == "spans",
        taught=kind.labelled,
        augments=all(
            step.fits(kind)
            for step in (registry.step("augment", name) for name in ("neighbours", "mask"))
        ),
    )
    if not asking and left_open:
        typer.echo(chosen_unasked(answers, left_open), err=True)
    model = registry.model_source(base) or Path(base)
    if strange := strange_texts(model, base, seen.texts):
        typer.echo(f"note: {strange}, with --base", err=True)
    size = sum(file.stat().st_size for file in model.glob("*.safetensors")) / 1e6
    write_text(out, write_recipe(answers, seen, size))
    load_recipe(out)
    typer.echo(f"wrote {out}; next:")
    for command in ("plan", "run"):
        typer.echo(f"  edgeft {command} {out} --out {default_out(out)}")


def rows_in(train: str | None, encoding: str) -> list[dict[str, Any]]:
    """The first rows of a table on this machine; none of anything else, or of a broken one."""
    from edgeft.data.records import FORMATS
    from edgeft.errors import DataError
    from edgeft.starter.recognizing import first_rows

    path = Path(train or "").expanduser()
    if not path.is_file() or path.suffix.lower() not in {*FORMATS, ".parquet"} - {".txt"}:
        return []
    try:
        return first_rows(path, encoding) if is_table(path, encoding) else []
    except DataError:  # which the look at it will tell
        return []


def task_of(train: str | None, registry: "Registry", encoding: str) -> str:
    """The task that alone reads such a file, where that is no table of texts; else the usual."""
    path = Path(train or "").expanduser()
    if not is_table(path, encoding):
        suffix = path.suffix.lower()
        readers = [name for name in registry.tasks if registry.task(name).reader_of(suffix)]
        if len(readers) == 1:
            return readers[0]
    return USUAL


def is_table(path: Path, encoding: str) -> bool:
    """Whether a source is rows with columns, as far as can be told: not an object, as SQuAD has."""
    from edgeft.data.records import FORMATS, reading

    suffix = path.suffix.lower()
    if suffix == ".json" and path.is_file():
        with reading(path, encoding) as file:
            return not file.read(BEGINNING).lstrip().startswith("{")
    return not suffix or suffix in (*FORMATS, ".parquet")


def count_names(
    labels: str, train: str | None, validation: str | None, unlabelled: str | None, task: "Task"
) -> int:
    """How many names of labels there are; refused where something is missing, or one too many."""
    from edgeft.data import DataSource
    from edgeft.data.sources import names
    from edgeft.errors import DataError

    if train is not None:
        raise typer.BadParameter("--labels are for where there is no --train")
    if not (validation and unlabelled):
        raise DataError(
            "names of labels are learnt from texts without labels, and judged by some with labels",
            hint="add --unlabelled TEXTS --validation DATA",
        )
    given = list(labels_in(labels))
    return len(names(DataSource(labels=given, validation=validation), task).called)


def pool(unlabelled: str, column: str, encoding: str) -> "Iterator[str]":
    """The texts that have no labels, where they are a file of this machine; else none."""
    from edgeft.data.texts import read_texts

    path = Path(unlabelled).expanduser()
    if path.is_file():
        yield from read_texts(path, column or "text", encoding)


def ask(question: str, default: str | None = None) -> str:
    """Ask on the terminal; Enter takes the default."""
    return str(typer.prompt(question, default=default, err=True)).strip()


def look_at(
    train: str,
    text: str | None,
    label: str | None,
    registry: "Registry",
    task: "Task",
    pair: str = "",
    encoding: str = "utf-8",
) -> "Look":
    """A first look at a source; an empty one where it lies on the hub."""
    from edgeft.data.texts import read_texts
    from edgeft.errors import DataError
    from edgeft.starter.checking import is_place
    from edgeft.starter.looking import Look, look, look_at_parts, look_at_pool, look_at_usual

    path = Path(train).expanduser()
    found = path if path.exists() else registry.dataset_source(train)
    bare = found is not None and not task.labelled
    free = "label" in task.optional
    if found is not None and (free or bare) and found.is_dir():
        return Look()
    if found is not None and (free or bare) and found.suffix.lower() == ".txt":
        return look_at_pool(read_texts(found, encoding=encoding), Look(), 0)
    if found is not None:
        reader = None if found.is_dir() or text or label else task.reader_of(found.suffix.lower())
        refusal = None
        if reader is not None:
            try:
                return look_at_parts(found, reader, task.columns, encoding)
            except DataError as error:  # may be read as any file is
                refusal = error
        try:
            usual = (
                None
                if text or label or pair not in ("", "pair") or found.is_dir() or not task.usual
                else look_at_usual(found, task.usual, encoding, labelled=task.answer == "label")
            )
            besides = (pair, *task.further)
            return usual or look(found, text or "", label or "", besides, encoding)
        except DataError as error:
            raise (refusal or error) from error
    if is_place(train):
        raise DataError(f"no file, folder or sample {train!r}", hint="check the path")
    return Look()


def describe(train: str, seen: "Look") -> str:
    """What a first look found, in a sentence."""
    labels = f" {seen.labels} labels," if seen.labels else ""
    return f"{train}: {seen.rows:,} texts,{labels} a long text has {seen.words} words"


def chosen_unasked(answers: "Answers", left_open: list[str]) -> str:
    """What was chosen without asking, each as the flag that would choose it."""
    chosen = {name: getattr(answers, name) for name in left_open}
    shown = [
        f"--{name} {value}" if value else f"no {name}" if answers.labels else f"{name} split off"
        for name, value in chosen.items()
    ]
    return f"chosen without asking: {', '.join(shown)}"

"""Reads every row of the files that a first recipe names, for what a run would refuse."""

import os
from collections.abc import Iterator
from pathlib import Path

from edgeft.data.checking import Reader
from edgeft.data.sources import HubSource, Source, locate
from edgeft.errors import DataError
from edgeft.progress import Progress
from edgeft.recipe import Recipe
from edgeft.registry import Registry
from edgeft.tasks import Task

STOPS = "a run stops there"


def refused(recipe: Recipe, registry: Registry, progress: Progress) -> Iterator[str]:
    """Notes on sources: rows, or answers, that a run would refuse or read otherwise than meant."""
    task = registry.task(recipe.task)
    for role in ("train", "validation", "test"):
        source = getattr(recipe.data, role)
        if not source:
            continue
        try:
            found = locate(source, role, recipe.data, task, registry.dataset_source)
            if not isinstance(found, HubSource):
                yield from of_rows(found, task, progress, learns=role == "train")
        except DataError as error:
            yield f"{error.message}: {STOPS} ({error.hint})"


def of_rows(source: Source, task: Task, progress: Progress, *, learns: bool) -> Iterator[str]:
    """What is wrong with rows of a source, or else with all their answers, to be learnt from."""
    reader = Reader(source, task, Path(os.devnull))
    answers: set[str] = set()
    with progress.bar(f"reading {source}", None, "rows") as bar:
        for batch in reader.batches(bar):
            answers.update(each for each in batch["label"].to_pylist() if each is not None)
    if remark := reader.remark():
        yield remark
    if reader.first is not None:
        yield (
            f"{reader.refusal().message}: {STOPS}, unless `skip_bad_rows: true` of `data` leaves"
            " such rows out"
        )
    elif learns and answers:
        try:
            task.check_answers(sorted(answers), task.label_names(sorted(answers)))
        except DataError as error:
            yield f"{source}: {error.message}: {STOPS} ({error.hint})"

"""What a training goes on from, as far as its manifests tell. A part of the door: nothing heavy."""

from pathlib import Path

from edgeft.plugin import Checkpoint, DataError, Dataset, ModelError, Task
from edgeft_finetune.options import FullOptions

READ = ("train", "validation")
"""splits of the old data that a training looks at"""


def opened(options: FullOptions, task: Task) -> tuple[Checkpoint, Dataset | None]:
    """The checkpoint and the data that the options name.

    Raises ModelError where the checkpoint is of another task or has no labels, DataError where the
    data is of another task, lacks a split that is read, or has a label that the checkpoint never
    had.
    """
    checkpoint = Checkpoint.open(Path(str(options.continue_from)))
    refuse_other_task("continue_from", checkpoint, task)
    if not checkpoint.labels:
        raise ModelError(
            f"{checkpoint.path} has no labels to remember", hint="train it without continue_from"
        )
    if options.old_data is None:
        return checkpoint, None
    data = Dataset.open(Path(options.old_data))
    refuse_other_task("old_data", data, task)
    for split in READ:
        data.split_file(split)
    unknown = [label for label in data.labels if label not in checkpoint.labels]
    if unknown:
        raise DataError(
            f"old_data has a label that {checkpoint.path} never had: {unknown[0]!r}",
            hint="name the dataset that it was trained on, such as the data/ of its run",
        )
    return checkpoint, data


def refuse_other_task(option: str, found: Checkpoint | Dataset, task: Task) -> None:
    """Raise ModelError or DataError for what says that it is of another task."""
    if found.task not in ("", task.name):
        raise found.Error(
            f"{option}: {found.path} is of the task {found.task}, not of {task.name}",
            hint=f"take the task {found.task}, or name another {found.manifest.kind}",
        )

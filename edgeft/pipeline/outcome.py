"""Runs a step and looks at what it returned: a plugin's mistake is told as the plugin's.

A built-in step is looked at as a stranger's is. What was written wrong is taken away again, so that
no later run takes it for done.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeft.artifacts import Artifact, Bundle, Checkpoint, Dataset
from edgeft.errors import PluginError
from edgeft.processes import is_main
from edgeft.steps import Augmenter, Step
from edgeft.tasks import Task

if TYPE_CHECKING:
    import pyarrow as pa

MAKES: dict[str, type[Artifact[Any]]] = {
    "clean": Dataset,
    "augment": Dataset,
    "finetune": Checkpoint,
    "distill": Checkpoint,
    "prune": Checkpoint,
    "export": Bundle,
    "quantize": Bundle,
}
"""what a step of each kind returns"""


def outcome(step: Step[Any], inputs: Mapping[str, Artifact[Any] | Path]) -> Artifact[Any]:
    """The artifact that a step makes of its inputs, by their roles.

    Raises PluginError where it returned something else, or rows that no dataset may have.
    """
    made: Artifact[Any] = step.run(**inputs)  # type: ignore[attr-defined]
    who = f"{step.kind} {step.name} (plugin {step.plugin!r})"
    expected = MAKES[step.kind]
    if not isinstance(made, expected):
        raise PluginError(
            f"{who} returned {made!r:.80} and not the {expected.__name__} that it wrote",
            hint="its author: end `run` with `return draft.artifact`",
        )
    if made.path != step.context.out:
        raise PluginError(
            f"{who} returned what stands at {made.path} and wrote nothing to {step.context.out}",
            hint="its author: write a draft by `self.writing`, and return `draft.artifact`",
        )
    data = inputs["data"]
    if isinstance(made, Dataset) and isinstance(data, Dataset) and is_main():
        wrong = wrong_rows(made, data, step)
        if wrong:
            shutil.rmtree(made.path)
            raise PluginError(
                f"{who} wrote {wrong}",
                hint="its author: docs/plugins.md says what rows a dataset has",
            )
    return made


def wrong_rows(made: Dataset, data: Dataset, step: Step[Any]) -> str:
    """What is wrong with the rows that a step made of those of `data`; empty where nothing is."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if missing := [split for split in data.splits if split not in made.splits]:
        return f"no {' and no '.join(missing)} split"
    train = pq.read_table(made.split_file("train"), columns=["id", "text", "label", "parent"])
    if not len(train):
        return "no training texts"
    if train["text"].null_count:
        return f"{train['text'].null_count:,} training rows without a text"
    if (twice := len(train) - pc.count_distinct(train["id"]).as_py()) > 0:
        return f"{twice:,} training rows with the id of another"
    if not isinstance(step, Augmenter):
        return ""
    for split in data.splits:
        before, now = (each.manifest.rows[split] for each in (data, made))
        if split not in ("train", "unlabelled") and before != now:
            return f"{now:,} rows to {split}, which had {before:,}: only training texts are added"
    known = pq.read_table(data.split_file("train"), columns=["id"])["id"]
    added = train.filter(pc.invert(pc.is_in(train["id"], value_set=known)))
    return wrong_copies(added, made, step.context.task, copies=type(step).adds)


def wrong_copies(added: "pa.Table", made: Dataset, task: Task, *, copies: bool) -> str:
    """What is wrong with rows that an augmenter added; empty where nothing is."""
    import pyarrow.compute as pc

    if copies and added["parent"].null_count:
        return (
            f"{added['parent'].null_count:,} new rows without a `parent`: the id of the row that"
            " each was made of"
        )
    if task.answer == "label" and made.labels:
        strange = set(pc.unique(added["label"]).to_pylist()) - {None, *made.labels}
        if strange:
            return f"a row of the label {min(strange)!r}, which the data does not have"
    return ""

"""Runs a step and looks at what it returned: a plugin's mistake is told as the plugin's.

A built-in step is looked at as a stranger's is. What was written wrong is taken away again, so that
no later run takes it for done.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeft.artifacts import MANIFEST, Artifact, Dataset
from edgeft.errors import PluginError
from edgeft.pipeline.nodes import MAKES
from edgeft.processes import is_main
from edgeft.steps import Augmenter, Step
from edgeft.tasks import Task

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

STRINGS, NUMBERS = ("string", "large_string", "null"), ("int64", "null")
COLUMNS = {"id": NUMBERS, "text": STRINGS, "label": STRINGS, "parent": NUMBERS}
"""columns of training texts, and what their types may be"""


def outcome(step: Step[Any], inputs: Mapping[str, Artifact[Any] | Path]) -> Artifact[Any]:
    """The artifact that a step makes of its inputs, by their roles.

    Raises PluginError where it returned something else, or rows that no dataset may have.
    """
    expected, out = MAKES[step.kind], step.context.out
    before = written(out)
    made: Artifact[Any] = step.run(**inputs)  # type: ignore[attr-defined]

    def refusal(what: str, remedy: str) -> PluginError:
        """The error that names step and plugin; what was written by now is taken away."""
        if is_main() and written(out) not in (None, before):
            shutil.rmtree(out)
        who = f"{step.kind} {step.name} (plugin {step.plugin!r})"
        return PluginError(f"{who} {what}", hint=f"its author: {remedy}")

    if not isinstance(made, expected):
        raise refusal(
            f"returned {made!r:.80} and not the {expected.__name__} that it wrote",
            "end `run` with `return draft.artifact`",
        )
    if made.path != out:
        raise refusal(
            f"returned what stands at {made.path} and wrote nothing to {out}",
            "write a draft by `self.writing`, and return `draft.artifact`",
        )
    data = inputs["data"]
    if isinstance(made, Dataset) and isinstance(data, Dataset) and is_main():
        wrong = wrong_rows(made, data, step)
        if wrong:
            raise refusal(f"wrote {wrong}", "docs/plugins.md says what rows a dataset has")
    return made


def written(out: Path) -> tuple[int, int] | None:
    """What tells an artifact from one that took its place: None where there is none."""
    try:
        found = (out / MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def wrong_rows(made: Dataset, data: Dataset, step: Step[Any]) -> str:
    """What is wrong with the rows that a step made of those of `data`; empty where nothing is."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if missing := [split for split in data.splits if split not in made.splits]:
        return f"no {' and no '.join(missing)} split"
    file = made.split_file("train")
    if odd := odd_columns(pq.read_schema(file)):
        return odd
    if without := missing_texts(pq.read_metadata(file)):
        return f"{without:,} training rows without a text"
    train = pq.read_table(file, columns=["id", "label", "parent"])
    if not len(train):
        return "no training texts"
    if without := train["id"].null_count:
        return f"{without:,} training rows without an id"
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


def missing_texts(metadata: "pq.FileMetaData") -> int:
    """How many rows have no text, by what the file says: all texts may be too many to hold."""
    place = metadata.schema.names.index("text")
    groups = [metadata.row_group(each).column(place) for each in range(metadata.num_row_groups)]
    return sum(each.statistics.null_count for each in groups if each.is_stats_set)


def odd_columns(schema: "pa.Schema") -> str:
    """Which column of the training texts is missing, or of another type; empty where none is."""
    for name, kind in COLUMNS.items():
        if name not in schema.names:
            return f"training texts without the column {name!r}"
        if (found := str(schema.field(name).type)) not in kind:
            return f"the column {name!r} as {found}, which is {kind[0]}"
    return ""


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

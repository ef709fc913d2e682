"""Which labels there are, and whether a model can be trained and judged on them."""

import pyarrow as pa
import pyarrow.compute as pc

from edgeft.complaints import nearest
from edgeft.data.checking import Checked
from edgeft.errors import DataError
from edgeft.tasks import Task


def answers_of(checked: Checked) -> list[str]:
    """Every different answer of a source, sorted."""
    return sorted(pc.unique(checked.table["label"]).to_pylist())


def check_labels(
    checked: dict[str, Checked],
    names: list[str],
    task: Task,
    *,
    splits: bool,
    goes_on: bool = False,
) -> None:
    """Raise DataError for answers that cannot be learned, split (if train `splits`), or judged.

    One label alone is enough where a training `goes_on` with a model that knows others.
    """
    train = checked["train"]
    if not (goes_on and task.answer in ("label", "labels") and len(names) == 1):
        try:
            task.check_answers(answers_of(train), names)
        except DataError as error:
            raise DataError(f"{train.source}: {error.message}", hint=error.hint) from error
    if splits and task.answer == "label":
        refuse_single_rows(train)
    for role in ("validation", "test"):
        if role in checked:
            refuse_unseen(checked[role], names, role, task)


def refuse_single_rows(train: Checked) -> None:
    """Raise DataError for a label with one row: it cannot be both trained on and held out."""
    counts = pc.value_counts(train.table["label"])
    single = pc.filter(counts.field("values"), pc.equal(counts.field("counts"), 1))
    if len(single):
        label = sorted(single.to_pylist())[0]
        row = pc.index(train.table["label"], label).as_py()
        raise DataError(
            f"{train.place(row)}: label {label!r} has this one row",
            hint="a label needs two rows, one to train on and one to hold out: add some,"
            " or remove it",
        )


def refuse_unseen(held_out: Checked, names: list[str], role: str, task: Task) -> None:
    """Raise DataError for the first row with a label that train does not have."""
    unknown = {
        answer: label
        for answer in answers_of(held_out)
        if (label := task.unknown(answer, names)) is not None
    }
    if not unknown:
        return
    bad = pc.is_in(held_out.table["label"], value_set=pa.array(list(unknown), pa.string()))
    row = pc.index(bad, True).as_py()
    label = unknown[held_out.table["label"][row].as_py()]
    raise DataError(
        f"{held_out.place(row)}: label {label!r} of {role} is not in train",
        hint=closest(label, names),
    )


def closest(label: str, names: list[str]) -> str:
    """A hint for an unknown label: the nearest known one, or what to do."""
    near = nearest(label, names)
    return f"did you mean {near!r}?" if near else "add rows of it to train, or remove it"

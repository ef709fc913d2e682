"""Which labels there are, and whether a classifier can be trained and judged on them."""

import difflib

import pyarrow as pa
import pyarrow.compute as pc

from edgeft.data.checking import Checked
from edgeft.errors import DataError


def label_names(train: Checked) -> list[str]:
    """The names of the labels in train, sorted."""
    return sorted(pc.unique(train.table["label"]).to_pylist())


def check_labels(checked: dict[str, Checked], names: list[str], *, splits: bool) -> None:
    """Raise DataError for labels that cannot be learned, split (if train `splits`), or judged."""
    train = checked["train"]
    if len(names) < 2:
        raise DataError(
            f"{train.source}: every row has the label {names[0]!r}",
            hint="a classifier needs two labels or more: check the label column",
        )
    if splits:
        refuse_single_rows(train)
    for role in ("validation", "test"):
        if role in checked:
            refuse_unseen(checked[role], names, role)


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


def refuse_unseen(held_out: Checked, names: list[str], role: str) -> None:
    """Raise DataError for a label that train does not have."""
    known = pc.is_in(held_out.table["label"], value_set=pa.array(names))
    row = pc.index(known, False).as_py()
    if row >= 0:
        label = held_out.table["label"][row].as_py()
        raise DataError(
            f"{held_out.place(row)}: label {label!r} of {role} is not in train",
            hint=closest(label, names),
        )


def closest(label: str, names: list[str]) -> str:
    """A hint for an unknown label: the nearest known one, or what to do."""
    near = difflib.get_close_matches(label, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "add rows of it to train, or remove it"


def readable(label: str) -> str:
    """A label's name as words: card_arrival and cardArrival say "card arrival"."""
    spaced = "".join(
        f" {each}" if each.isupper() and before.islower() else each
        for before, each in zip(f" {label}", label, strict=False)
    )
    return " ".join(spaced.replace("_", " ").replace("-", " ").split())

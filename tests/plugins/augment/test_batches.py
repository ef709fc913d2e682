"""Copies are the same whoever makes them, and each batch has luck of its own."""

import pickle
from functools import partial

import datasets
import pytest

from edgeft.data import copies as room
from edgeft.progress import Silence
from edgeft_augment.batches import changed, generator
from edgeft_augment.copying import copies_of
from edgeft_augment.noise import delete, insert, masking, substitute, swap
from edgeft_augment.options import NoiseOptions
from edgeft_augment.slips import slipping

NOISES = {
    "delete": delete,
    "insert": insert,
    "mask": masking("[MASK]"),
    "substitute": partial(substitute, others={"w1": ["x1"]}),
    "swap": swap,
    "typos": slipping(["keyboard", "ocr", "spelling"]),
}
TEXT = " ".join(f"w{n}" for n in range(12))


def rows() -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {
            "id": list(range(60)),
            "text": [f"{TEXT} number {number}" for number in range(60)],
            "label": ["a"] * 60,
            "parent": [None] * 59 + [3],
        }
    )


def test_copies_do_not_depend_on_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BATCH", 16)
    options = NoiseOptions(copies=2, rate=0.2)
    alone, together = (
        list(copies_of(rows(), delete, options, 5, Silence(), processes)) for processes in (1, 2)
    )
    assert alone == together
    assert [row["parent"] for row in alone] == [n for n in range(59) for _ in range(2)]
    assert list(copies_of(rows(), delete, options, 6, Silence())) != alone


@pytest.mark.parametrize("name", list(NOISES))
def test_noise_can_be_sent_to_another_process(name: str) -> None:
    again = pickle.loads(pickle.dumps(NOISES[name]))
    words = TEXT.split()
    assert again(words, 0.3, generator(0, 0)) == NOISES[name](words, 0.3, generator(0, 0))


def test_batches_have_nothing_in_common() -> None:
    made = [
        changed((number, [TEXT] * 3), noise=delete, copies=1, rate=0.3, seed=seed)
        for seed, number in ((0, 0), (0, 1), (1, 0))
    ]
    assert made[0] != made[1]
    assert made[0] != made[2]
    assert changed((0, [TEXT] * 3), noise=delete, copies=1, rate=0.3, seed=0) == made[0]

"""Texts that are longer than a model reads: it learns from all of them, and finds answers there."""

import json
import random
from typing import Any

import pytest
from questions import COLUMNS, TRAINING, asked

from edgeft.artifacts import Checkpoint
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import inputs_of, open_split
from edgeft.evaluation import evaluate
from edgeft.tasks.question_answering import QuestionAnswering
from edgeft.training.encoding import encode_rows, load_tokenizer

MOST = 32
"""tokens that the model reads at once"""


def longer(row: dict[str, Any], chooser: random.Random) -> dict[str, Any]:
    """The same question about a text with other words before and after."""
    before, after = ("so it is , and " * chooser.randint(0, 4) for _ in range(2))
    starts = [len(before) + start for start in row["answers"]["answer_start"]]
    return row | {
        "context": f"{before}{row['context']} {after}",
        "answers": row["answers"] | {"answer_start": starts},
    }


@pytest.fixture
def long_data(tmp_path):
    for split, n in (("train", 240), ("validation", 40)):
        chooser = random.Random(split)
        lines = [json.dumps(longer(row, chooser)) for row in asked(split, n)]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(lines))
    source = DataSource(
        train=str(tmp_path / "train.jsonl"),
        validation=str(tmp_path / "validation.jsonl"),
        columns=COLUMNS,
    )
    context = Context(out=tmp_path / "data", task=QuestionAnswering())
    return prepare(source, context.task, context, find=lambda _: None)


def test_every_answer_is_learnt_from_a_window_that_has_it(long_data, make_question_base):
    tokenizer = load_tokenizer(make_question_base("bert"))
    rows, task = open_split(long_data, "train"), QuestionAnswering()
    encoded = encode_rows(rows, tokenizer, MOST, ["start", "end"], task=task)
    assert encoded.firsts is not None
    assert encoded.units is not None
    assert encoded.lengths.max() == MOST
    assert encoded.parts.max() >= 3
    for row, (_, text) in enumerate(inputs_of(rows)):
        wanted = {text[start:end] for start, end in json.loads(rows["label"][row])}
        found = set()
        for window in range(encoded.firsts[row], encoded.firsts[row + 1]):
            own = slice(encoded.starts[window], encoded.starts[window + 1])
            labels = encoded.labels[own]
            units = slice(encoded.units.starts[window], encoded.units.starts[window + 1])
            of_units = labels[encoded.units.places[units]]
            (start,), (end,) = ((of_units & part).nonzero()[0] for part in (1, 2))
            spans = encoded.units.spans[units]
            if start or end:
                found.add(text[spans[start, 0] : spans[end, 1]])
            assert bool(start) == bool(end)
        assert found == wanted


def test_a_model_learns_from_texts_that_it_reads_in_windows(
    long_data, make_question_base, registry, tmp_path
):
    step: Any = registry.step("finetune", "full")
    options = registry.options(
        "finetune", "full", {"epochs": 5, "max_length": MOST, **TRAINING, "batch_size": 16}
    )
    context = Context(out=tmp_path / "out", task=QuestionAnswering(), device="cpu", threads=1)
    made = step(options, context).run(make_question_base("bert"), long_data)
    assert isinstance(made, Checkpoint)
    assert made.max_length == MOST
    scores = evaluate(made, long_data, "validation", task=QuestionAnswering()).scores
    assert scores.metrics["f1"] > 0.7

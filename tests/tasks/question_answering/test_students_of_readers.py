"""Students whose tokenizer is another than their teacher's."""

from typing import Any

import pytest
from questions import TRAINING

from edgeft.context import Context
from edgeft.tasks.question_answering import QuestionAnswering


@pytest.mark.parametrize("student", ["deberta-v2"])
def test_a_student_learns_from_a_teacher_that_cuts_words_otherwise(
    student, make_question_checkpoint, make_question_base, question_dataset, registry, tmp_path
):
    options: Any = {"student": str(make_question_base(student)), "hard": 0, "epochs": 10}
    step: Any = registry.step("distill", "layers")
    checked = registry.options("distill", "layers", options | TRAINING)
    context = Context(out=tmp_path / "out", task=QuestionAnswering(), device="cpu", threads=1)
    made = step(checked, context).run(make_question_checkpoint("bert"), question_dataset)
    figures = made.manifest.history[-1].figures
    assert figures["validation"]["f1"] > 0.7
    assert figures["teacher_agreement"] > 0.6

"""Two processes distil one student: the main one asks the teacher, both match it and train."""

import json
import os
import subprocess
import sys

from edgeft.artifacts import Checkpoint
from edgeft.evaluation import evaluate

SCRIPT = """
import json
import sys
from pathlib import Path

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.processes import rank
from edgeft.context import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft.distillation import teacher_logits
from edgeft_distill import Hidden, HiddenStudentOptions

teacher, data, start, out, diary = map(Path, sys.argv[1:])
asked = []
answer = teacher_logits.said_in


def counted(teacher, rows, context):
    asked.append(len(rows))
    return answer(teacher, rows, context)


teacher_logits.said_in = counted
context = Context(out=out, task=TextClassification(), device="cpu", threads=1)
options = HiddenStudentOptions(
    student=str(start),
    matching_epochs=4,
    epochs=8,
    learning_rate=2e-3,
    batch_size=8,
    precision="fp32",
)
Hidden(options, context).run(Checkpoint.open(teacher), Dataset.open(data))
(diary / f"rank-{rank()}.json").write_text(json.dumps(asked))
"""


def test_two_processes_distil_one_student(teacher, topics, narrow, make_context, tmp_path):
    script = tmp_path / "distil.py"
    script.write_text(SCRIPT)
    made = make_context()
    found = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run"),
            *("--standalone", "--nproc-per-node", "2"),
            *(script, teacher.path, topics.path, narrow, made.out, tmp_path),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert found.returncode == 0, found.stderr
    assert "find_unused_parameters" not in found.stderr
    asked = {file.name: json.loads(file.read_text()) for file in tmp_path.glob("rank-*.json")}
    assert asked == {"rank-0.json": [180], "rank-1.json": []}
    assert [path.name for path in made.out.parent.iterdir()] == [made.out.name]
    student = Checkpoint.open(made.out)
    student.verify()
    scores = evaluate(student, topics, "validation", task=made.task).scores
    assert scores.metrics["accuracy"] == 1.0
    figures = student.manifest.history[-1].figures
    assert figures["teacher_agreement"] == 1.0
    first, last = figures["matching"]["loss"]
    assert last < 0.7 * first

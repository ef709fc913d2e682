"""Two processes distil one student: the main one asks the teacher, both train."""

import os
import subprocess
import sys

from edgeft.artifacts import Checkpoint
from edgeft.evaluation import evaluate

SCRIPT = """
import sys
from pathlib import Path

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.processes import rank
from edgeft.steps import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft_distill import Layers, LayersOptions, teacher_logits

answer = teacher_logits.logits_of


def counted(teacher, texts, **circumstances):
    print(f"rank {rank()} asks the teacher about {len(texts)} texts", flush=True)
    return answer(teacher, texts, **circumstances)


teacher_logits.logits_of = counted
teacher, data, out = map(Path, sys.argv[1:])
context = Context(out=out, task=TextClassification(), device="cpu", threads=1)
options = LayersOptions(epochs=8, learning_rate=3e-3, batch_size=8, precision="fp32")
Layers(options, context).run(Checkpoint.open(teacher), Dataset.open(data))
print(f"rank {rank()} is done", flush=True)
"""


def test_two_processes_distil_one_student(teacher, data, context, tmp_path):
    script = tmp_path / "distil.py"
    script.write_text(SCRIPT)
    made = context()
    found = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run"),
            *("--standalone", "--nproc-per-node", "2"),
            *(script, teacher.path, data.path, made.out),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert found.returncode == 0, found.stderr
    assert sorted(found.stdout.splitlines()) == [
        "rank 0 asks the teacher about 180 texts",
        "rank 0 asks the teacher about 30 texts",
        "rank 0 is done",
        "rank 1 is done",
    ]
    assert [path.name for path in made.out.parent.iterdir()] == [made.out.name]
    student = Checkpoint.open(made.out)
    student.verify()
    scores = evaluate(student, data, "validation", task=made.task).scores
    assert scores.metrics["accuracy"] == 1.0
    assert student.manifest.history[-1].figures["teacher_agreement"] == 1.0

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.evaluation import evaluate
from edgeft.tasks.text_classification import TextClassification

PROGRAM = Path(__file__).with_name("two_processes.py")


def test_two_processes_train_one_model_and_write_one_checkpoint(
    tiny_base: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", PROGRAM, tiny_base, tiny_dataset.path, out]

    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=180,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )

    assert done.returncode == 0, done.stderr
    ranks = [json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in (0, 1)]
    assert ranks[0]["digest"] == ranks[1]["digest"]
    assert ranks[0]["log"] == ranks[1]["log"]
    assert [entry["step"] for entry in ranks[0]["log"]] == [6, 12]  # 96 rows, two times 8 a step
    for rank in ranks:  # the first two show which weights the loss reaches
        assert rank["rows"][:2] == [0, 1]
        rank["rows"] = rank["rows"][2:]
    assert Counter(ranks[0]["rows"]) + Counter(ranks[1]["rows"]) == dict.fromkeys(range(96), 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".out.scratch", "out", "rank-0.json", "rank-1.json",
    ]  # fmt: skip

    checkpoint = Checkpoint.open(out)
    checkpoint.verify()
    task = TextClassification()
    digest = hashlib.sha256()
    for _, tensor in sorted(task.load_model(out).state_dict().items()):
        digest.update(tensor.numpy().tobytes())
    best = max(ranks[0]["log"], key=lambda entry: entry["accuracy"])
    found = evaluate(checkpoint, tiny_dataset, "validation", task=task, threads=1)
    assert digest.hexdigest() == ranks[0]["digest"]
    assert found.scores.metrics["accuracy"] == pytest.approx(best["accuracy"])

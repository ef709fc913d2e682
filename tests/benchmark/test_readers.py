"""The readers of benchmarks/other_runtimes.py that need nothing but this environment."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeft.runtime import load

READERS = Path(__file__).parents[2] / "benchmarks" / "readers"
TEXTS = ["where is my card?", "", "I lost cash in London " * 50, "an iban abroad, and a payee"]


def read(reader: str, bundle: Path, graph: str, folder: Path) -> subprocess.CompletedProcess[str]:
    texts = folder / "texts.json"
    texts.write_text(json.dumps(TEXTS), encoding="utf-8")
    return subprocess.run(
        [
            *(sys.executable, str(READERS / reader)),
            *(str(bundle), graph, str(texts), str(folder / "out.json")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("variant", ["fp32", "int8"])
def test_plain_onnxruntime_reads_the_standard_files_as_the_runtime_does(
    tiny_bundle, tmp_path, variant
):
    graph = tiny_bundle.manifest.variants[variant].file
    done = read("plain_onnxruntime.py", tiny_bundle.path, graph, tmp_path)
    assert done.returncode == 0, done.stderr
    answers = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    with load(tiny_bundle.path, variant=variant, device="cpu", threads=1) as model:
        assert answers["labels"] == [model(text).label for text in TEXTS]
        wanted = np.concatenate([model.logits([text]) for text in TEXTS])
    assert np.abs(np.array(answers["logits"]) - wanted).max() < 1e-2


def test_the_bare_reader_refuses_an_environment_that_is_not_bare(tiny_bundle, tmp_path):
    done = read("edgeft_runtime.py", tiny_bundle.path, "onnx/model.onnx", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("this environment is not bare: it has torch, transformers")

"""Peak memory of `edgeft run` on a million short rows, and of its data step alone.

The texts are random words of random lengths; the model is tiny and random, for its quality does
not matter here. Each measurement is a process of its own. Run it from the repository:

    python benchmarks/million_rows.py            # writes benchmarks/results/million_rows.json
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np

from edgeft.benchmark.machine import describe_machine

RESULTS = Path(__file__).parent / "results" / "million_rows.json"
WORDS = 20_000
LABELS = 20
BATCH = 10_000
MIB = 2**20

IMPORTS = "import edgeft.data.prepare, edgeft.pipeline"
PREPARE = """
import sys
from pathlib import Path
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.context import Context
from edgeft.tasks.text_classification import TextClassification
task = TextClassification()
source = DataSource(train=sys.argv[1], validation_size=0.005)
prepare(source, task, Context(out=Path(sys.argv[2]), task=task), find=lambda name: None)
"""
RECIPE = """
base: {base}
data: {{train: {train}, validation_size: 0.005}}
steps:
  - finetune: {{method: full, epochs: 0.01}}
  - distill: {{method: layers, keep: 1, epochs: 0.01}}
  - export: {{method: onnx, strategies: [trace]}}
  - quantize: {{method: dynamic}}
gates: {{max_drop: 1}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--data-only", action="store_true", help="leave the whole run out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        train = write_texts(work / "train.csv", options.rows)
        measured = {
            "imports": measure([sys.executable, "-c", IMPORTS]),
            "data": measure([sys.executable, "-c", PREPARE, str(train), str(work / "data")]),
        }
        if not options.data_only:
            recipe = work / "recipe.yaml"
            recipe.write_text(RECIPE.format(base=write_base(work / "base", train), train=train))
            run = [sys.executable, "-m", "edgeft", "run", str(recipe), "--out", str(work / "run")]
            measured["run"] = measure(run)
        result = {
            "rows": options.rows,
            "labels": LABELS,
            "csv_mib": round(train.stat().st_size / MIB, 1),
            "measured": measured,
            "machine": describe_machine().model_dump(mode="json"),
        }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


def write_texts(path: Path, rows: int) -> Path:
    """Write a csv file of texts of 6 to 13 words, drawn with Zipf's frequencies."""
    random = np.random.default_rng(0)
    letters = random.integers(97, 123, (WORDS, 9), dtype=np.uint8)
    lengths = random.integers(2, 10, WORDS)
    words = [row[:length].tobytes().decode() for row, length in zip(letters, lengths, strict=True)]
    weights = 1 / np.arange(1, WORDS + 1)
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            sizes = random.integers(6, 14, count)
            drawn = random.choice(WORDS, sizes.sum(), p=weights / weights.sum())
            for places in np.split(drawn, np.cumsum(sizes)[:-1]):
                text = " ".join(words[place] for place in places)
                file.write(f"{text},label {places[0] % LABELS:02}\n")
    return path


def write_base(path: Path, train: Path) -> Path:
    """Write a random BERT of two small layers, with a tokenizer trained on the first texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=5000, special_tokens=special, show_progress=False
    )
    with train.open(encoding="utf-8") as lines:
        tokenizer.train_from_iterator(islice(lines, 20_000), trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {f"{name.strip('[]').lower()}_token": name for name in special}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(path)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(path)
    return path


def measure(command: list[str]) -> dict[str, float]:
    """Run a command to its end: seconds, peak resident memory, and how much of it was not files.

    Pages of memory-mapped files count as resident, but the system takes them back at will.
    """
    started = time.perf_counter()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment)
    peaks = {"VmHWM": 0, "RssAnon": 0}
    while process.poll() is None:
        for line in status(process.pid):
            key, _, value = line.partition(":")
            if key in peaks:
                peaks[key] = max(peaks[key], int(value.split()[0]))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "peak_mib": round(peaks["VmHWM"] / 1024),
        "peak_anonymous_mib": round(peaks["RssAnon"] / 1024),
    }


def status(pid: int) -> list[str]:
    """The lines of a process's status; none once it has ended."""
    try:
        return Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []


if __name__ == "__main__":
    main()

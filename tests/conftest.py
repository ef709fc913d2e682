"""What many tests stand on: tiny models of every family, a tiny dataset, circumstances."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if "PYTEST_XDIST_WORKER" in os.environ:  # threads of several processes wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.gates.sessions import best_session
from edgeft.gates.speed import interleaved
from edgeft.options import Gates
from edgeft.registry import Registry, load_plugins
from edgeft.tasks.text_classification import TextClassification

pytest_plugins = ["entities", "every_task", "questions", "topics"]

FAMILIES = ["bert", "distilbert", "roberta", "electra", "deberta-v2", "modernbert"]

LABELS = ["card", "cash", "transfer"]
WORDS = {
    "card": ["card", "chip", "pin", "contactless", "plastic"],
    "cash": ["cash", "machine", "notes", "withdrawal", "coins"],
    "transfer": ["transfer", "iban", "account", "payee", "abroad"],
}
FILLERS = [
    "where is my", "why was the", "please help with a", "I lost", "is there a fee for the",
    "how long does it take to get my new", "the app says that", "can you check",
]  # fmt: skip
ENDS = ["?", " today", " again!", " since last week, and nobody answers", " in London"]
ROWS = {"train": 96, "validation": 30, "test": 30, "unlabelled": 24}
ROUNDS = 40


def pytest_collection_finish() -> None:
    """Keep what was imported out of every collection of garbage: a tenth of a training's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def few_rounds() -> Iterator[None]:
    """Let alternatives take 40 turns, not 200, where a test does not say how many."""
    with pytest.MonkeyPatch.context() as patch:
        for timed in (interleaved, best_session):
            patch.setitem(timed.__kwdefaults__, "rounds", ROUNDS)
        yield


def texts(split: str, n: int) -> list[tuple[str, str]]:
    """Distinct texts whose words give their label away, seeded by the split's name."""
    chooser = random.Random(split)
    found: list[tuple[str, str]] = []
    while len(found) < n:
        label = LABELS[len(found) % len(LABELS)]
        text = f"{chooser.choice(FILLERS)} {chooser.choice(WORDS[label])}{chooser.choice(ENDS)}"
        found.append((f"{text} {len(found)}", label))
    return found


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """96 train, 30 validation, 30 test and 24 unlabelled short texts with three labels."""
    from edgeft.data.rows import write_split

    out = tmp_path_factory.mktemp("tiny") / "data"
    with Dataset.create(out) as draft:
        first = 0
        for split, n in ROWS.items():
            rows = [
                {
                    "id": first + index,
                    "text": text,
                    "label": None if split == "unlabelled" else label,
                    "parent": None,
                }
                for index, (text, label) in enumerate(texts(split, n))
            ]
            first += n
            write_split(draft.path, split, rows)
        draft.manifest.task = TextClassification.name
        draft.manifest.labels = list(LABELS)
        draft.manifest.rows = dict(ROWS)
        draft.manifest.fingerprint = "tiny"
    return draft.artifact


MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Make a directory of that name, unless another process of this run of the tests has."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # above those of the processes

    def make_once(name: str, make: Callable[[Path], object]) -> Path:
        place = root / "made" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{place}.lock"):
            if not place.exists():
                work = place.parent / "making" / place.name
                shutil.rmtree(work, ignore_errors=True)
                make(work)
                work.rename(place)
        return place

    return make_once


@pytest.fixture(scope="session")
def make_tiny_base(made_once: MadeOnce) -> Callable[[str], Path]:
    """Make the pretrained model of a family (see tiny_models.py), once a session."""
    from tiny_models import save_base

    def make(family: str) -> Path:
        trained_on = [text for text, _ in texts("train", 96)]
        return made_once(f"base/{family}", lambda out: save_base(family, out, trained_on))

    return make


@pytest.fixture(scope="session")
def make_tiny_checkpoint(
    make_tiny_base: Callable[[str], Path],
    tiny_dataset: Dataset,
    registry: Registry,
    made_once: MadeOnce,
) -> Callable[[str], Checkpoint]:
    """Finetune a family's model on the tiny dataset for two seconds, once a session."""
    finetune = registry.step("finetune", "full")
    options = registry.options(
        "finetune",
        "full",
        {"epochs": 8, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"},
    )

    def make(family: str) -> Checkpoint:
        def train(out: Path) -> None:
            context = Context(
                out=out, task=TextClassification(), device="cpu", threads=1, fingerprint=family
            )
            finetune(options, context).run(make_tiny_base(family), tiny_dataset)

        return Checkpoint.open(made_once(f"checkpoint/{family}", train))

    return make


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Each of the six families in turn."""
    return str(request.param)


@pytest.fixture
def each_tiny_base(family: str, make_tiny_base: Callable[[str], Path]) -> Path:
    """The pretrained model of each family in turn."""
    return make_tiny_base(family)


@pytest.fixture
def each_tiny_checkpoint(
    family: str, make_tiny_checkpoint: Callable[[str], Checkpoint]
) -> Checkpoint:
    """A checkpoint of each family in turn."""
    return make_tiny_checkpoint(family)


@pytest.fixture
def tiny_base(make_tiny_base: Callable[[str], Path]) -> Path:
    """A pretrained BERT."""
    return make_tiny_base("bert")


@pytest.fixture
def tiny_tokenizer_dir(tiny_base: Path) -> Path:
    """A directory with a WordPiece tokenizer that has truncation and padding baked in."""
    return tiny_base


@pytest.fixture
def tiny_checkpoint(make_tiny_checkpoint: Callable[[str], Checkpoint]) -> Checkpoint:
    """A BERT finetuned on the tiny dataset."""
    return make_tiny_checkpoint("bert")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every installed plugin."""
    return load_plugins()


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Circumstances of a step that writes `out` in this test's directory, on one CPU thread."""
    return Context(
        out=tmp_path / "out", task=TextClassification(), device="cpu", threads=1, fingerprint="test"
    )


@pytest.fixture(scope="session")
def make_tiny_export(
    make_tiny_checkpoint: Callable[[str], Checkpoint],
    tiny_dataset: Dataset,
    registry: Registry,
    made_once: MadeOnce,
) -> Callable[[str], Bundle]:
    """Export a family's tiny checkpoint as it was captured, once a session."""
    step: Any = registry.step("export", "onnx")
    options = registry.options("export", "onnx", {"rewrites": []})

    def make(family: str) -> Bundle:
        def export(out: Path) -> None:
            context = Context(out=out, task=TextClassification(), device="cpu", threads=1)
            step(options, context).run(make_tiny_checkpoint(family), tiny_dataset)

        return Bundle.open(made_once(f"export/{family}", export))

    return make


@pytest.fixture(scope="session")
def tiny_bundle(
    make_tiny_export: Callable[[str], Bundle],
    tiny_dataset: Dataset,
    registry: Registry,
    made_once: MadeOnce,
) -> Bundle:
    """The tiny BERT exported and quantized by the built-in steps."""
    step: Any = registry.step("quantize", "dynamic")

    def quantize(out: Path) -> None:
        circumstances = Context(
            out=out, task=TextClassification(), device="cpu", threads=1, gates=Gates(max_drop=1.0)
        )
        options = registry.options("quantize", "dynamic", {})
        step(options, circumstances).run(make_tiny_export("bert"), tiny_dataset)

    return Bundle.open(made_once("bundle", quantize))

"""A tiny bundle, and what becomes of it by each method where every loss is allowed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from families import bundles, checkpoints
from tiny_models import save_base

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.options import Gates
from edgeft.registry import Registry
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings
from edgeft.tasks.text_classification import TextClassification
from edgeft_quantize import Dynamic, DynamicOptions, Static, StaticOptions

LENIENT = Gates(max_drop=1.0)
METHODS: dict[str, Callable[[Context], Any]] = {
    "dynamic": lambda context: Dynamic(DynamicOptions(), context),
    "static": lambda context: Static(StaticOptions(calibration_texts=40), context),
}


@pytest.fixture(scope="session")
def make_quantized(
    make_tiny_export: Callable[[str], Bundle], tiny_dataset: Dataset, made_once: Any
) -> Callable[..., Bundle]:
    """Quantize a family's tiny bundle by a method, once for all tests that only look at it."""

    def make(method: str, family: str = "bert") -> Bundle:
        def quantize(out: Path) -> None:
            context = Context(
                out=out, task=TextClassification(), device="cpu", threads=1, gates=LENIENT
            )
            METHODS[method](context).run(make_tiny_export(family), tiny_dataset)

        return Bundle.open(made_once(f"quantized/{method}/{family}", quantize))

    return make


@pytest.fixture
def lenient(context: Context) -> Context:
    return context.at(context.out, gates=LENIENT)


@pytest.fixture
def bert(make_tiny_export: Callable[[str], Bundle]) -> Bundle:
    return make_tiny_export("bert")


@pytest.fixture(scope="session")
def vectors(tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The tiny texts without their labels."""
    out = tmp_path_factory.mktemp("vectors") / "data"
    with Dataset.create(out) as draft:
        for split in ("train", "validation", "test"):
            rows = [row | {"label": None} for row in open_split(tiny_dataset, split).to_list()]
            write_split(draft.path, split, rows)
            draft.manifest.rows[split] = len(rows)
        draft.manifest.task = SentenceEmbeddings.name
        draft.manifest.fingerprint = "vectors"
    return draft.artifact


@pytest.fixture(scope="session")
def wide(vectors: Dataset, registry: Registry, made_once: Any) -> Bundle:
    """An encoder whose products are most of its file, as those of a real one are."""
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 1}
    sentences = [str(text) for text in open_split(vectors, "train")["text"]]

    def base(family: str) -> Path:
        return Path(made_once("wide/base", lambda out: save_base(family, out, sentences, **sizes)))

    task = SentenceEmbeddings()
    checkpoint = checkpoints("wide", task, base, vectors, registry, made_once, None)
    return bundles("wide", task, checkpoint, vectors, registry, made_once)("bert")

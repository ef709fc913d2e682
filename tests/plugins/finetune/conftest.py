"""A tiny base that knows the topics, and finetuners of it."""

from pathlib import Path
from typing import Any

import pytest
from tiny_models import save_base
from trainings import finetuner_of
from transformers import set_seed

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.registry import Registry


@pytest.fixture
def base(topics: Dataset, tmp_path: Path) -> Path:
    """A tiny BERT that knows the words of the topics, with random weights."""
    set_seed(0)
    out = tmp_path / "base"
    save_base("bert", out, open_split(topics, "train")["text"][:])
    return out


@pytest.fixture
def finetuned(base: Path, topics: Dataset, registry: Registry, context: Context) -> Any:
    return finetuner_of(base, topics, registry, context)

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import save_base
from transformers import AutoConfig, AutoModelForMaskedLM

from edgeft.artifacts import Artifact, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.options import Gates
from edgeft.registry import Registry


@pytest.fixture(scope="session")
def make_masked(topics: Dataset, tmp_path_factory: Any) -> Callable[[str], Path]:
    """Makes a random masked language model of a family, its head included."""

    def make(family: str) -> Path:
        out = tmp_path_factory.mktemp("masked") / family
        save_base(family, out, open_split(topics, "train")["text"][:])
        torch.manual_seed(0)
        model = AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(out))
        with torch.no_grad():
            for name, each in model.named_parameters():
                if name.endswith("bias"):
                    each.add_(torch.randn_like(each) * 0.1)
        model.save_pretrained(out)
        return out

    return make


@pytest.fixture
def take(registry: Registry, context: Context, tmp_path: Path) -> Callable[..., Artifact[Any]]:
    """Take a step with its options on what flows into it."""

    def run(kind: str, method: str, options: dict[str, Any], *inputs: Any) -> Artifact[Any]:
        number = len(list(tmp_path.iterdir()))
        circumstances = context.at(tmp_path / f"{number}-{method}", gates=Gates(max_drop=1.0))
        checked = registry.options(kind, method, options)
        return registry.step(kind, method)(checked, circumstances).run(*inputs)

    return run

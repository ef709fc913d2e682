"""A model that the topics' teacher can be matched by, though it is of another shape."""

from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel

from edgeft.artifacts import Checkpoint
from edgeft.training.encoding import load_tokenizer


@pytest.fixture(scope="session")
def narrow(teacher: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers, 24 wide, with three heads and the teacher's tokenizer."""
    out = tmp_path_factory.mktemp("narrow") / "base"
    config = AutoConfig.from_pretrained(teacher.path)
    config.hidden_size, config.num_attention_heads, config.num_hidden_layers = 24, 3, 2
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(out)
    load_tokenizer(teacher.path).save_pretrained(out)
    return out

"""Which heads a model directory has, from its files alone: nothing is loaded."""

import json
from pathlib import Path

from edgeft.artifacts import Checkpoint
from edgeft.errors import EdgeftError
from edgeft.models import read_object

REMEDY = (
    "take a masked language model, such as BERT or RoBERTa as they were pretrained, or make one of"
    " it on your own texts with `finetune: {method: adapt}`"
)
"""what to do about a model that has none"""
MASKED_HEADS = (
    "cls.predictions.", "lm_head.", "lm_predictions.", "vocab_transform.", "vocab_projector.",
    "generator_predictions.", "generator_lm_head.", "pred_layer.", "predictions.", "head.dense.",
)  # fmt: skip
"""what the names of a masked-language head's weights begin with, family by family"""
KNOWN = ("Bert", "DistilBert", "Roberta", "XLMRoberta", "Electra", "MPNet", "ModernBert")
"""families whose heads are among them"""
LONGEST_HEADER = 100 * 2**20
"""bytes: safetensors itself reads no longer one"""


def has_masked_head(folder: Path) -> bool:
    """Whether a model can say what stands in the place of a masked word.

    One of a family that is not known here is believed until it is loaded.
    """
    if any(name.startswith(MASKED_HEADS) for name in weights_of(folder)):
        return True
    named = [str(each) for each in read_object(folder, "config.json").get("architectures") or []]
    return any(name.endswith("ForMaskedLM") and not name.startswith(KNOWN) for name in named)


def has_head(source: Path, labels: list[str]) -> bool:
    """Whether a model to start from was trained for these labels: its head is no new one then."""
    try:
        return Checkpoint.open(source).labels == labels
    except EdgeftError:
        return False


def weights_of(folder: Path) -> set[str]:
    """The names of all weights in a directory's safetensors files."""
    found: set[str] = set()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > LONGEST_HEADER:
                continue
            try:
                found |= set(json.loads(stream.read(length)))
            except ValueError:
                continue
    return found - {"__metadata__"}

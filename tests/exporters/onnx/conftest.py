"""Graphs as they are captured, for the tests of what is done with them."""

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from edgeft.artifacts import Checkpoint
from edgeft.tasks.text_classification import TextClassification
from edgeft_onnx.capture import STRATEGIES, WRAPPED, example_feed
from edgeft_onnx.finishing import finish, metadata_of

INPUTS = ["input_ids", "attention_mask"]

CapturedGraph = Callable[[str, str], onnx.ModelProto]


@pytest.fixture(scope="session")
def captured_graph(
    make_tiny_checkpoint: Callable[[str], Checkpoint],
    made_once: Callable[[str, Callable[[Path], object]], Path],
) -> CapturedGraph:
    """Capture a family's tiny checkpoint by a strategy and finish it, once a session."""

    def capture(family: str, strategy: str) -> onnx.ModelProto:
        def make(out: Path) -> None:
            checkpoint = make_tiny_checkpoint(family)
            model = TextClassification().load_model(checkpoint.path).eval()
            model.set_attn_implementation("eager")
            example = example_feed(INPUTS, model.config.pad_token_id, model.config.vocab_size)
            out.mkdir(parents=True)
            STRATEGIES[strategy](model, example, 20, out / "model.onnx")
            metadata = metadata_of("text-classification", ["a", "b", "ü"], 48)
            finish(out / "model.onnx", wrapped=WRAPPED, ir_version=10, metadata=metadata)

        return onnx.load(made_once(f"captured/{family}-{strategy}", make) / "model.onnx")

    return capture

"""Graphs as they are captured, for the tests of what is done with them."""

from collections.abc import Callable

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
    make_tiny_checkpoint: Callable[[str], Checkpoint], tmp_path_factory: pytest.TempPathFactory
) -> CapturedGraph:
    """Capture a family's tiny checkpoint by a strategy and finish it, once a session."""
    made: dict[tuple[str, str], onnx.ModelProto] = {}

    def capture(family: str, strategy: str) -> onnx.ModelProto:
        if (family, strategy) not in made:
            checkpoint = make_tiny_checkpoint(family)
            model = TextClassification().load_model(checkpoint.path).eval()
            model.set_attn_implementation("eager")
            example = example_feed(INPUTS, model.config.pad_token_id, model.config.vocab_size)
            path = tmp_path_factory.mktemp("captured") / "model.onnx"
            STRATEGIES[strategy](model, example, 20, path)
            metadata = metadata_of("text-classification", ["a", "b", "ü"], 48)
            finish(path, wrapped=WRAPPED, ir_version=10, metadata=metadata)
            made[family, strategy] = onnx.load(path)
        copy = onnx.ModelProto()
        copy.CopyFrom(made[family, strategy])
        return copy

    return capture

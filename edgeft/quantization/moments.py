"""What the products of a graph multiply by their weights, seen on texts: its second moments."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from edgeft.runtime.session import open_session

TOKENS = 50_000
"""most tokens that are looked at"""
Feed = Mapping[str, np.ndarray]

AT_ONCE = 2048
"""tokens whose moments are added up at a time"""


def second_moments(
    source: Path, names: Iterable[str], feeds: Iterable[Feed], threads: int
) -> dict[str, np.ndarray]:
    """The sum of x^T x, float32 (inputs, inputs), of each of these activations of a graph.

    The texts of `feeds` are run one by one, until TOKENS were seen.
    """
    model = onnx.load(source)
    asked = list(dict.fromkeys(names))
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in asked
    )
    with TemporaryDirectory() as folder:
        probe = Path(folder) / "model.onnx"
        onnx.save(model, probe)
        session = open_session(probe, "cpu", threads)
    found: dict[str, np.ndarray] = {}
    for some in portions(feeds):
        seen = [session.run(asked, dict(feed)) for feed in some]
        for name, values in zip(asked, zip(*seen, strict=True), strict=True):
            rows = np.concatenate([each.reshape(-1, each.shape[-1]) for each in values])
            found[name] = found.get(name, 0) + rows.T @ rows
    return found


def portions(feeds: Iterable[Feed]) -> Iterator[list[Feed]]:
    """Feeds of about AT_ONCE tokens together, TOKENS in all."""
    some: list[Feed] = []
    tokens = all_tokens = 0
    for feed in feeds:
        some.append(feed)
        tokens += feed["input_ids"].size
        all_tokens += feed["input_ids"].size
        if tokens >= AT_ONCE:
            yield some
            some, tokens = [], 0
        if all_tokens >= TOKENS:
            break
    if some:
        yield some

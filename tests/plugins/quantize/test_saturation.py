"""Sums of pairs that leave 16 bits are counted as a processor without VNNI would meet them."""

from pathlib import Path

import numpy as np
import pytest

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.quantization.nodes import weight_nodes
from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft_quantize.dynamic import quantize_graph
from edgeft_quantize.ladder import Rung
from edgeft_quantize.rounding import Rounding
from edgeft_quantize.saturation import saturated_pairs, saturation
from edgeft_quantize.tokens import Tokens


def one_by_one(activations: np.ndarray, weights: np.ndarray) -> int:
    """Count with plain loops, a pair at a time."""
    count = 0
    for row in activations.astype(int):
        for column in weights.T.astype(int):
            products = list(row * column) + [0] * (len(row) % 2)
            sums = [a + b for a, b in zip(products[::2], products[1::2], strict=True)]
            count += sum(not -32768 <= each <= 32767 for each in sums)
    return count


@pytest.mark.parametrize(
    ("activations", "weights", "saturated"),
    [
        ([255, 255], [127, 127], 1),  # 64770
        ([255, 255], [-127, -127], 1),  # -64770
        ([255, 255], [127, -127], 0),  # 0
        ([255, 255], [64, 64], 0),  # 32640: 7 bits never saturate
        ([255, 3], [127, 127], 0),  # 32766
        ([255, 4], [127, 127], 1),  # 32893
        ([255, 255], [-64, -64], 0),  # -32640
        ([0, 255, 255, 0], [127, 127, 127, 127], 0),  # inputs 1 and 2 are no pair
        ([255, 255, 255], [127, 0, 127], 0),  # the last has no neighbour
    ],
)
def test_pairs_are_neighbours_from_the_first(
    activations: list[int], weights: list[int], saturated: int
) -> None:
    rows = np.array([activations], dtype=np.uint8)
    columns = np.array([weights], dtype=np.int8).T
    assert saturated_pairs(rows, columns) == saturated == one_by_one(rows, columns)


@pytest.mark.parametrize("inputs", [16, 17])
def test_count_is_that_of_plain_loops(inputs: int) -> None:
    random = np.random.default_rng(inputs)
    rows = random.integers(0, 256, (20, inputs), dtype=np.uint8)
    weights = random.integers(-127, 128, (inputs, 8), dtype=np.int8)
    assert saturated_pairs(rows, weights) == one_by_one(rows, weights) > 50


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_graph_of_8_bits_saturates_and_that_of_7_cannot(
    weights: str, bert: Bundle, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    source = bert.variant_file("fp32")
    tokenizer = FrozenTokenizer(read_manifest(bert.path), bert.path / "tokenizer.json")
    texts = list(open_split(tiny_dataset, "validation")["text"])
    feeds = [tokenizer.feed([row]) for row in tokenizer.rows(texts)]
    nodes = weight_nodes(source)
    found = {}
    rounding = Rounding(source, bert, tiny_dataset, context, 16)
    tokens = Tokens(bert, tiny_dataset, context)
    for reduce_range in (False, True):
        target = tmp_path / f"{reduce_range}.onnx"
        rung = Rung("", True, reduce_range, tuple(node.name for node in nodes), weights=weights)
        quantize_graph(source, target, rung, rounding=rounding, tokens=tokens)
        found[reduce_range] = saturation(target, feeds)
    read = sum(feed["input_ids"].size for feed in feeds)
    products = [node for node in nodes if not node.is_table]
    assert len(products) == 4 * 6 + 2
    pairs = sum(
        (len(texts) if node.is_outside_layers else read) * node.rows // 2 * node.columns
        for node in products
    )
    assert found[False].pairs == found[True].pairs == pairs
    assert found[False].saturated == sum(found[False].by_product.values()) > 0
    assert found[True].figures() == {"pairs": pairs, "saturated": 0, "worst": {}}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["False.onnx", "True.onnx"]

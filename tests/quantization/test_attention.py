"""Attention of integers gives nearly what attention of floats does, padding and zeros included."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from edgeft.artifacts import Bundle
from edgeft.errors import ModelError
from edgeft.graphs.branches import all_nodes
from edgeft.quantization.attention import LONGEST, SHORTEST, quantize_attention
from edgeft.quantization.dynamic import quantize_weights

ROWS, TOKENS, HEADS, WIDTH = 2, SHORTEST, 3, 8
HIDDEN = HEADS * WIDTH
Feed = dict[str, np.ndarray]


def one_operator(*, masked: bool = True, **attributes: object) -> onnx.ModelProto:
    """A graph of one attention that reads its queries, keys and values as they are given."""
    inputs = ["query", "key", "value", *(["", "mask"] if masked else [])]
    settings = {"num_heads": HEADS, "scale": 0.5, "mask_filter_value": -1e4, **attributes}
    node = helper.make_node(
        "MultiHeadAttention", inputs, ["y"], "/layer.0/self/Mha", domain="com.microsoft", **settings
    )
    shape = ["rows", "tokens", HIDDEN]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs[:3]]
    if masked:
        given.append(helper.make_tensor_value_info("mask", TensorProto.INT32, shape[:2]))
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    graph = helper.make_graph([node], "g", given, [result])
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def answers(model: onnx.ModelProto, feed: Feed) -> np.ndarray:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, feed)[0])


def operators(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in all_nodes(model.graph))


def given(tokens: int = TOKENS) -> Feed:
    random = np.random.default_rng(0)
    shape = (ROWS, tokens, HIDDEN)
    return {
        name: random.normal(size=shape).astype(np.float32) for name in ("query", "key", "value")
    }


def by_hand(feed: Feed, mask: np.ndarray, scale: float = 0.5) -> np.ndarray:
    """softmax(scale QK' + mask) V for every head."""

    def parted(name: str) -> np.ndarray:
        return feed[name].reshape(ROWS, TOKENS, HEADS, WIDTH).transpose(0, 2, 1, 3)

    scores = scale * parted("query") @ parted("key").transpose(0, 1, 3, 2)
    scores = np.where(mask[:, None, None, :], scores, -np.inf)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    weighted = shares / shares.sum(-1, keepdims=True) @ parted("value")
    found: np.ndarray = weighted.transpose(0, 2, 1, 3).reshape(ROWS, TOKENS, HIDDEN)
    return found


@pytest.mark.parametrize(("bits", "error"), [(8, 0.05), (7, 0.08)])
@pytest.mark.parametrize("padded", [False, True])
def test_it_is_attention(padded: bool, bits: int, error: float) -> None:
    model = one_operator()
    assert quantize_attention(model, bits=bits) == 1
    assert operators(model)["MatMulInteger"] == 2
    mask = np.ones((ROWS, TOKENS), np.int32)
    if padded:
        mask[1, 4:] = 0
    feed = given() | {"mask": mask}
    found, wanted = answers(model, feed), by_hand(feed, mask)
    assert np.abs(found - wanted).max() < error
    assert np.abs(found - wanted).max() > 1e-5


def test_what_is_hidden_has_no_part() -> None:
    """Of padding nothing is told but how large it is, for scales are of all tokens."""
    model = one_operator()
    quantize_attention(model, bits=8)
    mask = np.ones((ROWS, TOKENS), np.int32)
    mask[:, 4:] = 0
    feed = given() | {"mask": mask}
    other = {name: value.copy() for name, value in feed.items()}
    other["key"][:, 4:] = -other["key"][:, 4:]
    other["value"][:, 4:] = -other["value"][:, 4:]
    np.testing.assert_array_equal(answers(model, feed), answers(model, other))


@pytest.mark.parametrize(
    ("tokens", "same"),
    [(SHORTEST - 1, True), (SHORTEST, False), (LONGEST, False), (LONGEST + 1, True)],
)
def test_short_and_long_texts_keep_their_floats(tokens: int, same: bool) -> None:
    """Of short ones nothing is gained; where every share is small, 1/255 would be too coarse."""
    model = one_operator()
    feed = given(tokens)
    feed["mask"] = np.ones((ROWS, tokens), np.int32)
    wanted = answers(model, feed)
    quantize_attention(model, bits=8)
    assert np.array_equal(answers(model, feed), wanted) == same


@pytest.mark.parametrize("name", ["query", "key", "value"])
def test_zeros_are_no_scale(name: str) -> None:
    model = one_operator(masked=False)
    assert quantize_attention(model, bits=8) == 1
    feed = given()
    feed[name][:] = 0
    found = answers(model, feed)
    wanted = by_hand(feed, np.ones((ROWS, TOKENS), bool))
    np.testing.assert_allclose(found, wanted, atol=0.03)


def test_attention_that_hides_more_stays_as_it_is() -> None:
    causal = one_operator(unidirectional=1)
    assert quantize_attention(causal, bits=8) == 0
    assert operators(causal) == {"MultiHeadAttention": 1}


def test_what_is_excluded_around_it_stays_with_it() -> None:
    for beside, changed in (["/layer.0/self/query/MatMul"], 1), (["/layer.1/self/query/MatMul"], 0):
        assert quantize_attention(one_operator(), bits=8, beside=beside) == changed


def feeds() -> Iterator[Feed]:
    random = np.random.default_rng(1)
    for rows, tokens in ((1, SHORTEST), (3, SHORTEST)):
        mask = np.ones((rows, tokens), np.int64)
        yield {"input_ids": random.integers(5, 60, (rows, tokens)), "attention_mask": mask}
        hidden = mask.copy()
        hidden[-1, tokens - 4 :] = 0
        yield {"input_ids": random.integers(5, 60, (rows, tokens)), "attention_mask": hidden}


def test_every_family_answers_nearly_the_same(  # or as before, where positions are relative
    family: str, make_tiny_export: Callable[[str], Bundle]
) -> None:
    model = onnx.load(make_tiny_export(family).variant_file("fp32"))
    before = onnx.ModelProto()
    before.CopyFrom(model)
    changed = quantize_attention(model, bits=8)
    onnx.checker.check_model(model)
    assert changed == (0 if family in ("deberta-v2", "modernbert") else 4)
    assert operators(model)["MatMulInteger"] == 2 * changed
    for feed in feeds():
        found, wanted = answers(model, feed), answers(before, feed)
        assert (np.abs(found - wanted).max() > 0) == (changed > 0)
        assert np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max()


def test_a_graph_without_attention_says_so(tmp_path: Path) -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    source = tmp_path / "a.onnx"
    opsets = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), source)
    with pytest.raises(ModelError, match="no attention of this graph can multiply integers"):
        quantize_weights(
            source,
            tmp_path / "b.onnx",
            [],
            per_channel=True,
            reduce_range=False,
            attention_bits=8,
        )

"""A rewritten graph answers as the captured one does, padding and hidden tokens included."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from edgeft.quantization.dynamic import quantize_weights
from edgeft.quantization.nodes import weight_nodes
from edgeft_onnx.capture import STRATEGIES
from edgeft_onnx.rewrites import REWRITES, rewritten
from edgeft_onnx.rewrites.one_query import one_query

LONGEST = 48
CapturedGraph = Callable[[str, str], onnx.ModelProto]
Feed = dict[str, np.ndarray]


def feeds() -> Iterator[Feed]:
    """One row, padded rows, rows with hidden tokens in between, the longest, and none padded."""
    random = np.random.default_rng(1)
    for rows, tokens in ((1, 9), (3, 17), (2, 6), (1, LONGEST)):
        mask = np.ones((rows, tokens), dtype=np.int64)
        mask[-1, tokens - tokens // 3 :] = 0
        mask[0, 3] = 0
        yield {"input_ids": random.integers(5, 60, (rows, tokens)), "attention_mask": mask}
    for rows, tokens in ((1, 9), (3, 17)):
        whole = np.ones((rows, tokens), dtype=np.int64)
        yield {"input_ids": random.integers(5, 60, (rows, tokens)), "attention_mask": whole}


def outputs(model: onnx.ModelProto, feed: Feed) -> list[np.ndarray]:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    return [np.asarray(each) for each in session.run(None, feed)]


def answers(model: onnx.ModelProto, feed: Feed) -> np.ndarray:
    (logits,) = outputs(model, feed)
    return logits


def all_rewrites(model: onnx.ModelProto) -> tuple[onnx.ModelProto, list[str]]:
    """The model with every rewrite that finds something, and which these are."""
    made = []
    for name in REWRITES:
        found = rewritten(model, name)
        if found is not None:
            model = found
            made.append(name)
    return model, made


def operators(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


def rows_multiplied(model: onnx.ModelProto) -> dict[str, int]:
    """How many rows every product has, for a single text of nine tokens."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    products = [node for node in shown.graph.node if node.op_type == "MatMul"]
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.ValueInfoProto(name=node.output[0]) for node in products)
    values = outputs(shown, next(feeds()))
    return {node.name: value.shape[-2] for node, value in zip(products, values, strict=True)}


def test_every_family_answers_the_same(family: str, captured_graph: CapturedGraph) -> None:
    model = captured_graph(family, "trace")
    rewrote, made = all_rewrites(model)
    onnx.checker.check_model(rewrote)
    assert made, "nothing was found to do"
    for feed in feeds():
        np.testing.assert_allclose(answers(rewrote, feed), answers(model, feed), atol=1e-5)


@pytest.mark.parametrize("rewrite", REWRITES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_rewrite_alone_finds_bert_and_answers_the_same(
    rewrite: str, strategy: str, captured_graph: CapturedGraph
) -> None:
    model = captured_graph("bert", strategy)
    rewrote = rewritten(model, rewrite)
    assert rewrote is not None
    for feed in feeds():
        np.testing.assert_allclose(answers(rewrote, feed), answers(model, feed), atol=1e-5)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_rewrite_finds_nothing_in_its_own_work(
    rewrite: str, captured_graph: CapturedGraph
) -> None:
    rewrote = rewritten(captured_graph("bert", "dynamo"), rewrite)
    assert rewrote is not None
    assert rewritten(rewrote, rewrite) is None


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_approximate_gelu_answers_nearly_the_same_in_every_branch(
    strategy: str, captured_graph: CapturedGraph
) -> None:
    exact, made = all_rewrites(captured_graph("bert", strategy))
    assert "unpadded" in made  # and so has branches
    assert "gelu" not in made
    rewrote = rewritten(exact, "gelu")
    assert rewrote is not None
    onnx.checker.check_model(rewrote)
    assert rewritten(rewrote, "gelu") is None
    for feed in feeds():
        wanted, found = answers(exact, feed), answers(rewrote, feed)
        np.testing.assert_allclose(found, wanted, atol=5e-3)
        assert np.abs(found - wanted).max() > 0


def test_hidden_tokens_still_count_for_nothing(captured_graph: CapturedGraph) -> None:
    """Other ids where the mask is 0 change nothing; a changed mask does."""
    rewrote, _ = all_rewrites(captured_graph("bert", "trace"))
    _, feed, *_ = feeds()
    wanted = answers(rewrote, feed)
    others = np.where(feed["attention_mask"] == 0, 7, feed["input_ids"])
    np.testing.assert_allclose(answers(rewrote, feed | {"input_ids": others}), wanted, atol=1e-6)
    seen = np.ones_like(feed["attention_mask"])
    assert np.abs(answers(rewrote, feed | {"attention_mask": seen}) - wanted).max() > 1e-3


def test_attention_of_every_layer_becomes_one_operator(captured_graph: CapturedGraph) -> None:
    rewrote = rewritten(captured_graph("bert", "trace"), "attention")
    assert rewrote is not None
    found = operators(rewrote)
    assert found["MultiHeadAttention"] == 4
    assert found["Softmax"] == found["Transpose"] == 0
    assert {each.domain: each.version for each in rewrote.opset_import} == {
        "": 20,
        "com.microsoft": 1,
    }


def test_attention_of_one_token_stays_written_out(captured_graph: CapturedGraph) -> None:
    """The operator of onnxruntime 1.20 answers otherwise where queries are fewer than keys."""
    rewrote, made = all_rewrites(captured_graph("bert", "dynamo"))
    assert made == list(REWRITES)
    found = operators(rewrote)
    assert (found["If"], found["Softmax"]) == (3, 1)


def test_last_layer_multiplies_one_token(captured_graph: CapturedGraph) -> None:
    """Of the last layer, only keys and values are computed for all tokens."""
    rewrote = rewritten(captured_graph("bert", "dynamo"), "first-token")
    assert rewrote is not None
    sizes = {
        name.removeprefix("/bert/encoder/layer.3/"): rows
        for name, rows in rows_multiplied(rewrote).items()
        if "/layer.3/output/dense/" in name or "/layer.3/attention/self/" in name
    }
    assert sizes == {
        "attention/self/query/MatMul": 1,
        "attention/self/key/MatMul": 9,
        "attention/self/value/MatMul": 9,
        "attention/self/MatMul": 1,
        "attention/self/MatMul_1": 1,
        "output/dense/MatMul": 1,
    }


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_query_meets_what_its_layer_reads(strategy: str, captured_graph: CapturedGraph) -> None:
    """No product of the last layer has a row for every token any more."""
    cut = rewritten(captured_graph("bert", strategy), "first-token")
    rewrote = rewritten(captured_graph("bert", strategy), "one-query")
    assert cut is not None
    assert rewrote is not None
    onnx.checker.check_model(rewrote)
    assert sorted(set(rows_of_last(cut))) == [1, 9]
    assert set(rows_of_last(rewrote)) == {1, 2}  # of one token, and of its two heads
    for feed in feeds():
        np.testing.assert_allclose(answers(rewrote, feed), answers(cut, feed), atol=1e-5)


def rows_of_last(model: onnx.ModelProto) -> list[int]:
    return [rows for name, rows in rows_multiplied(model).items() if "/layer.3/" in name]


def test_where_every_token_asks_keys_and_values_stay(captured_graph: CapturedGraph) -> None:
    graph = captured_graph("bert", "dynamo")
    kept = onnx.ModelProto()
    kept.CopyFrom(graph)
    assert one_query(kept) == 0
    assert operators(kept) == operators(graph)


def test_embeddings_are_a_lookup_a_slice_and_a_sum(captured_graph: CapturedGraph) -> None:
    rewrote = rewritten(captured_graph("bert", "trace"), "plain")
    assert rewrote is not None
    found = Counter(node.op_type for node in rewrote.graph.node if "/embeddings/" in node.name)
    assert found == {"Gather": 2, "Shape": 1, "Slice": 1, "Add": 1, "LayerNormalization": 1}
    tables = {
        each.name: list(each.dims)
        for each in rewrote.graph.initializer
        if "embeddings" in each.name
    }
    assert "bert.embeddings.token_type_embeddings.weight" not in tables
    assert tables["bert.embeddings.position_embeddings.weight"] == [LONGEST, 32]


def test_positions_that_depend_on_the_tokens_stay(captured_graph: CapturedGraph) -> None:
    """RoBERTa counts positions past padding tokens."""
    rewrote, _ = all_rewrites(captured_graph("roberta", "trace"))
    assert operators(rewrote)["CumSum"] == 1


def test_a_window_is_no_padding_mask(captured_graph: CapturedGraph) -> None:
    """ModernBERT lets tokens see their neighbours only, in some layers: no mask hides that."""
    model = captured_graph("modernbert", "trace")
    before = operators(model)["Softmax"]
    rewrote, _ = all_rewrites(model)
    found = operators(rewrote)
    assert found["Softmax"] + found["MultiHeadAttention"] == before
    assert found["Softmax"] > 0


def test_projections_share_one_product(captured_graph: CapturedGraph) -> None:
    model = captured_graph("bert", "trace")
    rewrote = rewritten(model, "projections")
    assert rewrote is not None
    assert operators(model)["MatMul"] - operators(rewrote)["MatMul"] == 2 * 4
    shapes = {each.name: list(each.dims) for each in rewrote.graph.initializer}
    assert shapes["bert.encoder.layer.0.attention.self.query_key_value.weight"] == [32, 96]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_int8_graph_with_branches_stands_in_order(
    strategy: str, captured_graph: CapturedGraph, tmp_path: Path
) -> None:
    rewrote, _ = all_rewrites(captured_graph("bert", strategy))
    source, target = tmp_path / "float.onnx", tmp_path / "int8.onnx"
    onnx.save(rewrote, source)
    names = [node.name for node in weight_nodes(source)]
    quantize_weights(source, target, names, per_channel=True, reduce_range=False)
    onnx.checker.check_model(onnx.load(target))
    assert operators(onnx.load(target))["If"]

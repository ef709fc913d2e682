"""The parts of benchmarks/peers that need no peer."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from peers.catalogue import ENVIRONMENTS, FLOOR, OURS, PEERS, chosen
from peers.environments import PeerError, last_line, run
from peers.feeds import FEEDS, cut
from peers.figures import accuracy, complaints, to_markdown
from peers.serving import timed


def test_every_peer_has_its_environment_and_its_modules():
    here = Path(__file__).parents[2] / "benchmarks" / "peers"
    modules = {path.stem for path in here.glob("*.py")}
    for peer in PEERS:
        assert peer.environment == OURS or peer.environment in ENVIRONMENTS
        assert peer.run in modules
        assert not peer.make.startswith("make_") or peer.make in modules


def test_only_some_peers_keep_those_that_others_are_compared_with():
    names = [peer.name for peer in chosen(["ctranslate2"])]
    assert names == [
        "transformers fp32",
        "ctranslate2 int8",
        "edgeft int8",
        "edgeft int8, long batches",
        "int8 products alone",
        "edgeft bundle",
    ]
    with pytest.raises(ValueError, match="no peer is called 'tensorrt'"):
        chosen(["tensorrt"])


def test_feeds_are_full_of_tokens_between_the_special_ones():
    stream = iter(range(1000, 2000))
    found = cut(stream, 101, 102, 2, 5)
    assert found.shape == (FEEDS, 2, 5)
    assert found[0].tolist() == [[101, 1000, 1001, 1002, 102], [101, 1003, 1004, 1005, 102]]
    assert next(stream) == 1000 + FEEDS * 2 * 3
    with pytest.raises(ValueError, match="too few tokens"):
        cut(iter(range(5)), 101, 102, 1, 16)


def test_a_turn_times_inputs_in_turn_after_calls_that_do_not_count():
    seen = []
    inputs = [("a",), ("b",)]
    wall, cpu, answers = timed(lambda text: seen.append(text) or text, [("warm",)], inputs, 3)
    assert answers == ["a", "b", "a"]
    assert set(seen[:-3]) == {"warm"}
    assert len(wall) == len(cpu) == 3
    assert min(wall) > 0


def test_accuracy_is_of_the_same_texts_and_paired():
    labels = ["red", "blue", "red", "blue"] * 50
    reference = dict(enumerate(labels))
    wrong = {**reference, 0: "blue", 1: "red"}
    found = accuracy(wrong, reference, labels)
    assert found["value"] == 0.99
    assert (found["n"], found["right"], found["same_labels"]) == (200, 198, 198)
    assert found["drop"] == 0.01
    low, high = found["drop_interval"]
    assert 0 <= low < 0.01 < high < 0.04
    assert accuracy(reference, reference, labels)["drop_interval"] == [0, 0]


def test_who_had_less_or_more_than_a_core_is_named():
    found = {
        "slowed": {"graph": {"1x16": {"cores_used": 0.6}}},
        "greedy": {"graph": {}, "texts": {"cores_used": 1.8}},
        "good": {"graph": {"1x16": {"cores_used": 0.99}}},
    }
    assert complaints(found) == [
        "slowed waited for a core: 0.6 used, 1x16",
        "greedy used 1.8 cores, texts",
    ]


def test_tables_show_times_ratios_shares_and_sizes():
    def graph(ms, times, share):
        shares = {"share_of_floor": {"value": share}} if share else {}
        return {"p50_ms": {"value": ms}, "times_ours": {"value": times}, **shares}

    shapes = ("1x16", "1x32", "1x128", "8x128")
    page = to_markdown(
        [
            {
                "name": "peer",
                "bytes": 23_100_000,
                "graph": {shape: graph(2.0, 1.25, 0.5) for shape in shapes},
                "texts": graph(2.5, 5.0, None),
                "accuracy": {"value": 0.92, "drop": 0.004, "drop_interval": [-0.001, 0.009]},
            },
            {
                "name": FLOOR,
                "bytes": 0,
                "graph": {shape: graph(1.0, 0.625, None) for shape in shapes},
            },
        ]
    )
    assert page.splitlines()[2:4] == [
        "| peer | 2 (1.25, 50%) | 2 (1.25, 50%) | 2 (1.25, 50%) | 2 (1.25, 50%) | 0.9200 | 23.1 |",
        "| int8 products alone | 1 (0.62) | 1 (0.62) | 1 (0.62) | 1 (0.62) |  |  |",
    ]
    assert page.splitlines()[-1] == (
        "| peer | 2.5 | 5.00 | 0.9200 | +0.0040 (-0.0010 to +0.0090) | 23.1 |"
    )


def test_a_failing_command_is_told_by_its_last_line():
    with pytest.raises(PeerError, match=r"^ModuleNotFoundError: No module named 'absent'$"):
        run([sys.executable, "-c", "import absent"])
    assert last_line("\n \n", 137) == "ended with 137"


def test_the_bare_products_of_minilm_are_counted():
    pytest.importorskip("onnx")
    from peers.run_floor import products

    config = {
        "hidden_size": 384,
        "intermediate_size": 1536,
        "num_hidden_layers": 6,
        "id2label": {str(index): "" for index in range(77)},
    }
    sizes = np.array(list(products(config, 1, 16)))
    assert len(sizes) == 38
    layer = 4 * 384**2 + 2 * 384 * 1536
    assert sizes.prod(axis=1).sum() == 16 * 6 * layer + 384**2 + 384 * 77

"""Graphs meet on this machine: the best is kept, every figure is, and nothing twice."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.errors import ModelError
from edgeft.gates.speed import Duel, Timing
from edgeft.options import Gates
from edgeft.runtime import load
from edgeft.training.encoding import load_tokenizer
from edgeft_onnx import Onnx, OnnxOptions, tournament
from edgeft_onnx.export import timed_on
from edgeft_onnx.rewrites import REWRITES
from edgeft_onnx.tournament import Graph, Judge, Standings
from edgeft_quantize import Dynamic, DynamicOptions


def export(context: Context, checkpoint: Checkpoint, data: Dataset, **options: Any) -> Bundle:
    settings = {"strategies": ["trace"], **options}
    return Onnx(OnnxOptions(**settings), context).run(checkpoint, data)


def test_what_is_chosen_is_what_was_measured(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    tried = [*REWRITES, "gelu"]
    bundle = export(context, tiny_checkpoint, tiny_dataset, rewrites=tried)
    figures = bundle.manifest.history[-1].figures
    kept = "trace"
    for rewrite in tried:
        found = figures["graphs"][f"{kept} + {rewrite}"]
        assert found["against"].rpartition(", ")[0] == kept
        assert found["parity"]["max_difference"] < 1e-3
        low, high = found["interval"]
        assert low <= found["ratio"] <= high
        assert set(found["sessions"]) == set(tournament.SESSIONS)
        best = figures["graphs"][kept]
        is_smaller = found["timed_bytes"] < tournament.SMALLER * best["timed_bytes"]
        has_fewer = found["timed_bytes"] <= best["timed_bytes"] and found["nodes"] < best["nodes"]
        is_simpler = has_fewer and found["ratio"] <= 1
        if high < 1 or (low <= 1 and is_smaller) or is_simpler:
            kept += f" + {rewrite}"
    assert " + ".join(["trace", *figures["rewrites"]]) == kept
    assert bundle.manifest.choice["capture"]["rewrites"] == figures["rewrites"]
    nodes = len(onnx.load(bundle.variant_file("fp32")).graph.node)
    assert nodes == figures["graphs"][kept]["nodes"]
    with load(bundle.path) as model:
        assert model.selftest().passed


def test_rewrite_that_answers_otherwise_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    def forgets_the_bias(model: onnx.ModelProto) -> int:
        bias = next(each for each in model.graph.initializer if each.name == "classifier.bias")
        values = onnx.numpy_helper.to_array(bias) + 1
        bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
        return 1

    monkeypatch.setitem(REWRITES, "plain", forgets_the_bias)
    bundle = export(context, tiny_checkpoint, tiny_dataset, rewrites=["plain"])
    figures = bundle.manifest.history[-1].figures
    assert figures["rewrites"] == []
    assert list(figures["refused"]) == ["trace + plain"]
    assert "logits differ by 1.0e+00" in figures["refused"]["trace + plain"]


def test_interrupted_tournament_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    class Interrupted(BaseException):
        pass

    def interrupted(model: onnx.ModelProto) -> int:
        raise Interrupted

    monkeypatch.setitem(REWRITES, "attention", interrupted)
    with pytest.raises(Interrupted):
        export(context, tiny_checkpoint, tiny_dataset)
    assert not context.out.exists()
    before = Judge([], [], 1, "int8", context.scratch).known  # type: ignore[arg-type]
    duels = {name: found for name, found in before.items() if " against " in name}
    assert len(duels) == 2

    monkeypatch.undo()
    captured: list[str] = []
    monkeypatch.setattr("edgeft_onnx.export.capture", lambda *given: captured.append(given[0]))
    bundle = export(context, tiny_checkpoint, tiny_dataset)
    assert captured == []
    graphs = bundle.manifest.history[-1].figures["graphs"]
    for name, found in duels.items():
        kept = graphs[name.partition(" against ")[0]]
        assert kept["rounds"] == found["duel"]["rounds"]
        assert kept["ratio"] == round(found["duel"]["ratio"], 4)
        assert kept["sessions"] == found["sessions"]
    assert not context.scratch.exists()


def test_what_is_timed_as_int8_is_what_the_quantizer_ships(
    make_tiny_export: Callable[[str], Bundle],
    tiny_dataset: Dataset,
    context: Context,
    tmp_path: Path,
) -> None:
    bundle = make_tiny_export("bert")
    lenient = context.at(context.out, gates=Gates(max_drop=1.0))
    quantized = Dynamic(DynamicOptions(), lenient).run(bundle, tiny_dataset)
    source = tmp_path / "model.onnx"
    shutil.copyfile(bundle.variant_file("fp32"), source)
    timed = onnx.load(tournament.int8_twin(source)).graph
    shipped = onnx.load(quantized.variant_file("int8")).graph
    assert list(timed.node) == list(shipped.node)
    assert list(timed.initializer) == list(shipped.initializer)


def test_graphs_are_timed_on_batches_of_long_texts_where_these_are_asked(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    asked = {"timed_batch_size": 3, "timed_tokens": 20}
    bundle = export(context, tiny_checkpoint, tiny_dataset, rewrites=["plain"], **asked)
    assert "batches of 3 texts of 20 tokens" in bundle.manifest.history[-1].figures["reason"]

    tokenizer = load_tokenizer(tiny_checkpoint.path)
    texts = ["where is my card", "a", "the notes", "coins", "why"]
    feeds = timed_on(texts, tokenizer, 48, OnnxOptions(**asked))
    assert [feed["input_ids"].shape for feed in feeds] == [(3, 20), (3, 20)]
    assert all(feed["attention_mask"].all() for feed in feeds)
    alone = timed_on(texts, tokenizer, 48, OnnxOptions())
    assert [len(feed["input_ids"]) for feed in alone] == [1] * 5
    pairs = timed_on([("a", "why")], tokenizer, 48, OnnxOptions(timed_tokens=20))
    assert pairs[0]["input_ids"].shape == (1, 20)
    with pytest.raises(ModelError, match="timed_tokens is 64, and the model reads 48"):
        timed_on(texts, tokenizer, 48, OnnxOptions(timed_tokens=64))


def test_only_a_graph_that_was_asked_to_approximate_may_differ_by_more() -> None:
    assert tournament.tolerance_of("dynamo + plain") == 1e-3
    assert tournament.tolerance_of("dynamo + gelu + unpadded") == 2e-2


def test_a_rewrite_that_breaks_the_graph_is_refused_by_name(tmp_path: Path) -> None:
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["gone"], ["y"])], "g", [], [])
    with pytest.raises(ModelError, match="a rewrite left no valid graph"):
        tournament.save(onnx.helper.make_model(graph), tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("share", "nodes", "ratio", "interval", "stands"),
    [
        (1.0, 10, 0.97, (0.95, 0.99), True),  # faster beyond doubt
        (1.0, 10, 0.97, (0.95, 1.01), False),
        (0.9, 10, 1.01, (0.99, 1.03), True),  # smaller, and not slower beyond doubt
        (0.9, 10, 1.02, (1.01, 1.03), False),
        (1.0, 9, 1.0, (0.98, 1.02), True),  # fewer nodes, and no slower
        (1.0, 9, 1.01, (0.98, 1.02), False),
        (1.01, 9, 1.0, (0.98, 1.02), False),
    ],
)
def test_better_is_faster_smaller_or_simpler(
    share: float, nodes: int, ratio: float, interval: tuple[float, float], stands: bool
) -> None:
    champion = Graph("trace", Path("a"), {"timed_bytes": 1000, "nodes": 10})
    graph = Graph("trace + plain", Path("b"), {"timed_bytes": 1000 * share, "nodes": nodes})
    found = Duel("trace + plain", "trace", (1.0, 1.0), ratio, interval, 40)
    assert tournament.is_better(graph, champion, found) == stands


def test_a_duel_goes_on_while_the_challenger_looks_faster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fought(*challengers: list[float]) -> Duel:
        turns = iter(challengers)

        def timed(rivals: dict[str, Any], *_: Any, **settings: Any) -> dict[str, Timing]:
            raw = next(turns)
            assert settings["seconds"] == tournament.SECONDS
            return {name: Timing.of(raw if "+" in name else [1.0] * len(raw)) for name in rivals}

        monkeypatch.setattr(tournament, "interleaved", timed)
        found, sessions = tournament.fought(judge, standings, challenger)
        assert set(sessions) == set(tournament.SESSIONS)
        assert next(turns, None) is None
        return found

    x, y = (onnx.helper.make_tensor_value_info(name, 1, [1]) for name in "xy")
    relu = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    opsets = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(relu, ir_version=8, opset_imports=opsets)
    onnx.save(model, tmp_path / "a.onnx")
    best, challenger = (Graph(name, tmp_path / "a.onnx", {}) for name in ("trace", "trace + plain"))
    judge = Judge([], [], 1, "fp32", tmp_path)  # type: ignore[arg-type]
    standings = Standings(best, "trace, as it is", 0.1, [best])
    open_still, faster, slower = [0.9, 0.95, 1.1, 1.2, 0.98], [0.97] * 9, [1.03] * 9
    assert fought(faster).rounds == 9
    assert fought(slower).is_slower
    found = fought(open_still, faster)
    assert found.is_faster
    assert found.rounds == 14
    assert fought(open_still, slower).rounds == 14
    assert fought(*[open_still] * (1 + tournament.MORE)).rounds == 5 * (1 + tournament.MORE)

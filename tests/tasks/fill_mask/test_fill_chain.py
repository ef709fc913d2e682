"""Hidden words, through the whole chain to answers on a device."""

import json
import random
import re
from pathlib import Path

import pytest
from tiny_models import save_base

from edgeft.artifacts import Bundle
from edgeft.cli import main
from edgeft.errors import DataError
from edgeft.runtime import Filler, Filling, load

PAGE = Path(__file__).parents[3] / "docs" / "tasks" / "fill-mask.md"
TRAINING = {
    "learning_rate": 3e-3,
    "batch_size": 16,
    "precision": "fp32",
    "metric": "perplexity",  # among five words, each is one of the first five
}
EXPORT = {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}
COLOURS = {"sky": "blue", "grass": "green", "snow": "white", "coal": "black", "blood": "red"}


def coloured(chooser: random.Random, number: int):
    """A text in which one word follows from another."""
    thing = chooser.choice(sorted(COLOURS))
    return {"text": f"the {thing} is [MASK] today {number}", "label": COLOURS[thing]}


@pytest.fixture(scope="session")
def make_masking_base(made_once):
    """Make the pretrained model of a family without a head, which knows the words of these."""

    def make(family: str) -> Path:
        texts = [f"see the {thing} is {colour} today of" for thing, colour in COLOURS.items()]
        return made_once(f"masking-base/{family}", lambda out: save_base(family, out, texts))

    return make


def test_hidden_words_go_through_every_kind_of_step(
    chain, copies, cost_of_int8, make_masking_base, tmp_path, monkeypatch, capsys
) -> None:
    bundle, report = chain(
        "fill-mask",
        coloured,
        rows=(160, 30, 30),
        base=str(make_masking_base("bert")),
        steps=[
            {"finetune": {"method": "full", "epochs": 8, **TRAINING}},
            {"augment": {"method": "delete"}},
            {"distill": {"method": "layers", "keep": 2, "epochs": 3, **TRAINING}},
            {"prune": "vocabulary"},
            EXPORT,
            {"quantize": "dynamic"},
        ],
        gates={"max_drop": 0.5, "metric": "top_1"},
    )
    assert report.row("teacher").metric == "top_1"
    assert report.row("teacher").value > 0.9
    assert report.row("bundle").value > 0.9
    assert cost_of_int8() <= 0.05
    assert all(
        made["label"] == of["label"] and made["text"].count("[MASK]") == 1
        for made, of in copies("delete")
    )
    assert "baseline" not in {row.name for row in report.rows}
    perplexities = [row.scores.metrics["perplexity"] for row in report.rows]
    assert all(1 <= each < 3 for each in perplexities)
    assert Bundle.open(bundle).manifest.decoding.function == "mask"
    with load(bundle, Filler) as model:
        assert model.selftest().passed
        texts = ["the sky is [MASK] today 1", "the snow is <mask> today 3"]
        answers = model(texts)
        assert [each.label for each in answers] == ["blue", "white"]
        assert answers[0].filled == "the sky is blue today 1"
        assert [model(each).label for each in texts] == ["blue", "white"]
        first = model(texts[0], top_k=3)
        assert isinstance(first[0], Filling)
        assert (len(first), first[0].label) == (3, "blue")
        assert [each.label for each in model.stream(texts)] == ["blue", "white"]
        for bad, message in (("the sky", r"no \[MASK\]"), ("[MASK] [MASK]", r"2 \[MASK\]s")):
            with pytest.raises(DataError, match=f"the text has {message}, and is asked for one"):
                model(bad)
        with pytest.raises(DataError, match=r"text 1: the text has no \[MASK\]"):
            model([texts[0], "the sky"])

    monkeypatch.chdir(bundle.parent)
    snippet = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)[0]
    exec(compile(snippet, str(PAGE), "exec"), {})
    capsys.readouterr()
    test = tmp_path / "test.jsonl"
    assert main(["predict", "bundle", "--file", str(test), "--json", "--top-k", "2"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    wanted = [json.loads(line)["label"] for line in test.read_text().splitlines()]
    assert sum(a["label"] == b for a, b in zip(told, wanted, strict=True)) > 25
    assert {"text", "label", "probability", "filled", "answers"} == set(told[0])
    plain = tmp_path / "plain.txt"
    plain.write_text("the sky is blue today 5\nthe grass is green today 7\nan unheard zebra\n")
    assert main(["evaluate", "bundle", "--data", str(plain)]) == 0
    assert "perplexity" in capsys.readouterr().out


def test_adapters_learn_words_that_int8_keeps_in_less_time(
    chain, cost_of_int8, make_masking_base
) -> None:
    _, report = chain(
        "fill-mask",
        coloured,
        base=str(make_masking_base("bert")),
        steps=[
            {"finetune": {"method": "lora", "epochs": 12, **TRAINING}},
            EXPORT,
            {"quantize": "dynamic"},
        ],
        compared=True,
    )
    assert report.row("teacher").value > 0.8
    assert 0 < report.row("bundle").p50_ms < report.row("teacher").p50_ms
    assert cost_of_int8() <= 0.05

"""Relations of two parts of a text, through the whole chain to answers on a device."""

import json
import re
from pathlib import Path

import pytest

from edgeft.artifacts import Bundle
from edgeft.cli import main
from edgeft.errors import DataError
from edgeft.runtime import Mentions, RelationClassifier, load

PAGE = Path(__file__).parents[3] / "docs" / "tasks" / "relation-extraction.md"
FULL = {"learning_rate": 3e-3, "batch_size": 16, "precision": "fp32"}
EXPORT = {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}


def test_relations_go_through_every_kind_of_step(
    chain, cost_of_int8, make_marked_base, make_related, tmp_path, monkeypatch, capsys
) -> None:
    bundle, report = chain(
        "relation-extraction",
        make_related,
        rows=(160, 30, 30),
        base=str(make_marked_base("bert")),
        steps=[
            {"finetune": {"method": "full", "epochs": 6, **FULL}},
            {"augment": {"method": "swap"}},
            {"distill": {"method": "layers", "keep": 2, "epochs": 3, **FULL}},
            {"prune": "vocabulary"},
            {"prune": {"method": "structure", "repair": {"epochs": 1, **FULL}}},
            EXPORT,
            {"quantize": "dynamic"},
        ],
    )
    assert report.row("teacher").metric == "macro_f1"
    assert report.row("teacher").value > 0.9
    assert report.row("bundle").value > 0.9
    assert cost_of_int8() <= 0.05
    assert Bundle.open(bundle).manifest.decoding.function == "relation"
    text = "in year 3 anna founded acme"
    asked = [Mentions(text, (10, 14), (23, 27)), Mentions(text, (23, 27), (10, 14))]
    with load(bundle, RelationClassifier) as model:
        assert model.selftest().passed
        answers = model(asked)
        assert [each.label for each in answers] == ["founder", "foundation"]
        assert [model(each).label for each in asked] == ["founder", "foundation"]
        tagged = "in year 3 <e2>anna</e2> founded <e1>acme</e1>"
        assert model(tagged, top_k=2)[0].label == "foundation"
        with pytest.raises(DataError, match="text 0: the text has no <e1>"):
            model([text])

    monkeypatch.chdir(bundle.parent)
    snippet = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)[0]
    exec(compile(snippet, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.startswith("founder ")
    test = tmp_path / "test.jsonl"
    assert main(["predict", "bundle", "--file", str(test), "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    wanted = [json.loads(line)["label"] for line in test.read_text().splitlines()]
    assert sum(a["label"] == b for a, b in zip(told, wanted, strict=True)) > 25
    assert main(["evaluate", "bundle", "--data", str(test)]) == 0
    assert capsys.readouterr().out.startswith("accuracy ")

"""What logits decide: written into golden files, and compared where a graph runs again."""

import json
import shutil

import numpy as np
import pytest

from edgeft.artifacts import Bundle
from edgeft.errors import GateError
from edgeft.gates.parity import Case, refuse_other_decisions
from edgeft.runtime import load
from edgeft.runtime.deciding import Decisions
from edgeft.runtime.golden import GOLDEN
from edgeft.runtime.manifest import Decoding

TAGS = ["O", "B-person", "I-person"]
UNITS = [(0, 3), (4, 7)]
ANSWERS = [(0, 0), (0, 3), (4, 7)]
"""units of which the first speaks for no answer"""
LABELS = Decisions(Decoding(function="sigmoid", thresholds=[0.5, 0.8808]), ["one", "other"])
PARTS = Decisions(Decoding(function="tags"), TAGS)
READY = Decisions(Decoding(function="tags", thresholds=[1.5, 0, 0]), TAGS)
"""with a lower bar for parts"""
READER = Decisions(Decoding(function="span", thresholds=[0.5, 0.5]), ["start", "end"])


@pytest.mark.parametrize(
    ("decisions", "logits", "spans", "decided"),
    [
        (Decisions(Decoding(), ["one", "other"]), [1, 2], (), {"label": "other"}),
        (LABELS, [0.1, 2.1], (), {"labels": ["one", "other"]}),
        (LABELS, [-0.1, 1.9], (), {"labels": []}),
        (PARTS, [[0, 1, 0], [0, 0, 1]], UNITS, {"spans": [[0, 7, "person"]]}),
        (PARTS, [[0, 1, 0], [0, 1, 0]], UNITS, {"spans": [[0, 3, "person"], [4, 7, "person"]]}),
        (PARTS, [[1, 0, 0], [2, 0, 1]], UNITS, {"spans": []}),
        (READY, [[1, 0, 0], [2, 0, 1]], UNITS, {"spans": [[0, 7, "person"]]}),
        (READY, [[1, 0, 0], [3, 0, 1]], UNITS, {"spans": [[0, 3, "person"]]}),
        (READER, [[0, 0], [1, 0], [0, 1]], ANSWERS, {"answer": [0, 7]}),
        (READER, [[0, 0], [0.4, 0], [0, 0.4]], ANSWERS, {"answer": None}),
        (Decisions(Decoding(function="identity"), ["score"]), [1.5], (), {}),
        (Decisions(Decoding(function="vector"), []), [0.6, 0.8], (), {}),
    ],
)
def test_logits_decide_what_the_decoding_says(decisions, logits, spans, decided):
    assert decisions.of(np.float32(logits), spans) == decided


@pytest.mark.parametrize(
    ("decisions", "wanted", "found", "spans", "other"),
    [
        # the greatest logit stays, and another label holds
        (LABELS, [0.5, 3], [-0.5, 3], (), "other labels"),
        (PARTS, [[0, 1, 0], [0, 0, 1]], [[0, 1, 0], [1, 0, 0]], UNITS, "other labelled parts"),
        # the label outside stays the greatest, and one part is none any more
        (READY, [[1, 0, 0], [2, 0, 1]], [[1, 0, 0], [2, 0, 0.4]], UNITS, "other labelled parts"),
        (READER, [[0, 0], [1, 0], [0, 1]], [[0, 0], [1, 0], [0, -1]], ANSWERS, "another answer"),
        # no token's greater logit is another one, and yet there is no answer any more
        (READER, [[0, 0], [1, 0], [0, 1]], [[2, 2], [1, 0], [0, 1]], ANSWERS, "another answer"),
    ],
)
def test_another_decision_is_one_unless_the_call_was_close(decisions, wanted, found, spans, other):
    wanted, found = np.float32(wanted), np.float32(found)
    assert decisions.other == other
    assert decisions.alike(wanted, wanted, 0.0, spans)
    assert not decisions.alike(wanted, found, 0.01, spans)
    assert decisions.alike(wanted, found, 10.0, spans)


def test_parts_are_the_same_where_their_tags_are_others():
    one, other = np.float32([[0, 1, 0], [0, 0, 1]]), np.float32([[0, 0, 1], [0, 0, 1]])
    assert PARTS.alike(one, other, 0.0, UNITS)


ONE = Decisions(Decoding(), ["one", "other"])


@pytest.mark.parametrize(
    ("decisions", "said", "logits", "spans", "told"),
    [
        (ONE, {"label": "other"}, [1, 2], (), True),
        (ONE, {"label": "one"}, [1, 2], (), False),
        (ONE, {"label": "one"}, [1.99, 2], (), True),  # as close as the tolerance
        (ONE, {"label": "third"}, [1, 2], (), False),
        (ONE, {"labels": 3}, [1, 2], (), True),  # nothing that this kind of answer says
        (LABELS, {"labels": ["other"]}, [-1, 3], (), True),
        (LABELS, {"labels": []}, [-1, 3], (), False),
        (LABELS, {"labels": ["one", "other"]}, [-0.01, 3], (), True),
        (LABELS, {"labels": 3}, [-1, 3], (), False),
        (PARTS, {"spans": [[0, 7, "person"]]}, [[0, 1, 0], [0, 0, 1]], UNITS, True),
        (PARTS, {"spans": [[0, 3, "person"]]}, [[0, 1, 0], [0, 0, 1]], UNITS, False),
        (READER, {"answer": [0, 7]}, [[0, 0], [1, 0], [0, 1]], ANSWERS, True),
        (READER, {"answer": None}, [[0, 0], [1, 0], [0, 1]], ANSWERS, False),
        (READER, {}, [[0, 0], [1, 0], [0, 1]], ANSWERS, True),
        (READER, {"answer": [0, 7], "later": 1}, [[0, 0], [1, 0], [0, 1]], ANSWERS, True),
    ],
)
def test_what_is_said_is_told_from_logits(decisions, said, logits, spans, told):
    assert decisions.told(said, np.float32(logits), 0.02, spans) is told


def test_parity_compares_the_labels_that_hold():
    case = Case("a batch", {}, np.float32([[3, 0.5], [2, 0.0005]]))
    decisions = Decisions(Decoding(function="sigmoid", thresholds=[0.5, 0.5]), ["one", "other"])
    refuse_other_decisions(case, np.float32([[3, 0.5], [2, 0.0001]]), decisions)
    with pytest.raises(GateError, match="a batch: row 1 gets other labels than"):
        refuse_other_decisions(case, np.float32([[3, 0.5], [2, -0.0004]]), decisions)


def test_golden_files_hold_what_the_runtime_answers(make_entity_bundle):
    bundle: Bundle = make_entity_bundle("bert")
    golden = json.loads((bundle.path / GOLDEN).read_text(encoding="utf-8"))
    with load(bundle.path, threads=1) as model:
        for each in golden["texts"][8:]:
            wanted = each["outputs"]["fp32"]["spans"]
            found = [[part.start, part.end, part.label] for part in model(each["text"])]
            assert found == wanted


def test_golden_files_without_decisions_are_replayed(make_entity_bundle, tmp_path):
    bundle = shutil.copytree(make_entity_bundle("bert").path, tmp_path / "bundle")
    golden = json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))
    for each in golden["texts"]:
        del each["outputs"]["fp32"]["spans"]
    (bundle / GOLDEN).write_text(json.dumps(golden), encoding="utf-8")
    with load(bundle, verify=False, threads=1) as model:
        assert model.selftest().passed


def test_numbers_are_compared_in_their_own_scale():
    numbers = Decisions(Decoding(function="identity"), [])
    said = [np.float32([3000]), np.float32([5000]), np.float32([np.nan]), np.float32([4000])]
    assert numbers.scale(said) == pytest.approx(816.5, rel=1e-3)
    assert numbers.scale([np.float32([130_000, 130_001])]) == pytest.approx(130, rel=1e-3)
    assert numbers.scale([np.float32([1e-4, 2e-4])]) == 0.01
    assert numbers.scale([np.float32([np.nan])]) == numbers.scale([]) == 1
    assert PARTS.scale(said) == 1

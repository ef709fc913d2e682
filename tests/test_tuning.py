"""A bundle is tuned where it lives: measured, checked against its golden answers, remembered."""

import json
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeft.artifacts import UNFINISHED, Bundle, Dataset
from edgeft.data.rows import open_split
from edgeft.errors import BundleError
from edgeft.evaluation import logits_of
from edgeft.gates import sessions
from edgeft.gates.sessions import CHANGES
from edgeft.gates.speed import Duel, Timing, interleaved
from edgeft.runtime import load
from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.tuning import TUNING
from edgeft.tasks.text_classification import TextClassification
from edgeft.tuning import AS_BUILT, Bench, Candidate, thread_counts, tune
from edgeft.unfinished import Unfinished

WITHOUT_A_WORKSHOP = """
import sys
for name in ("torch", "transformers", "onnx", "onnxscript", "datasets", "scipy", "sklearn"):
    sys.modules[name] = None
from edgeft.cli import main
sys.exit(main())
"""


@pytest.fixture
def bundle(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_bundle.path, tmp_path / "bundle")


def test_what_was_found_is_used_from_then_on(bundle: Path, tiny_dataset: Dataset) -> None:
    tuned = tune(bundle, list(open_split(tiny_dataset, "test")["text"]), threads=2)
    written = json.loads((bundle / TUNING).read_text())
    assert (written["variant"], written["session"], written["threads"]) == (
        tuned.variant,
        tuned.session,
        tuned.threads,
    )
    assert tuned.texts == 30
    assert tuned.refused == {}
    variants = Bundle.open(bundle).manifest.variants
    against = [each.champion for each in tuned.duels]
    assert against.count("as built") >= 1
    # each variant races what won before it, unless it is what was built; then threads do
    races = len(tuned.duels) - len(CHANGES) * len(variants) - 1
    assert races in (len(variants) - 1, len(variants))
    names = [each["name"] for each in written["figures"]["duels"]]
    assert names == [each.challenger for each in tuned.duels]
    with load(bundle) as model:
        assert model.variant == tuned.variant
        assert model.selftest().passed
    Bundle.open(bundle).verify()


def test_a_bundle_is_not_raced_against_itself(bundle: Path, tiny_dataset: Dataset) -> None:
    manifest = read_manifest(bundle)
    bench = Bench(bundle, manifest, list(open_split(tiny_dataset, "test")["text"]))
    own = manifest.variants[manifest.chosen].session
    for variant in manifest.variants:
        assert bench.is_built(Candidate("x", variant, dict(own))) == (variant == manifest.chosen)
        assert not bench.is_built(Candidate("x", variant, {**own, "no": "such option"}))
    best = bench.best_variant(lambda: None)
    told = {bench.called(manifest.chosen, dict(own)).name, AS_BUILT}
    assert all({each.challenger, each.champion} != told for each in bench.duels)
    assert best.variant in manifest.variants


def test_a_candidate_with_other_answers_is_refused(bundle: Path) -> None:
    golden = json.loads((bundle / "golden.json").read_text())
    for each in golden["texts"]:
        each["outputs"]["int8"]["logits"] = [
            value + 9 for value in each["outputs"]["int8"]["logits"]
        ]
    forge(bundle, golden)
    tuned = tune(bundle, threads=1)
    assert tuned.variant != "int8"  # of the others the faster one, whichever that is
    as_built = {AS_BUILT} if Bundle.open(bundle).manifest.chosen == "int8" else set()
    assert set(tuned.refused) == {"int8"} | as_built
    assert "logits that differ" in tuned.refused["int8"]


def test_nothing_is_written_where_every_variant_is_refused(bundle: Path) -> None:
    golden = json.loads((bundle / "golden.json").read_text())
    for each in golden["texts"]:
        each["ids"] = [1, 2, 3]
    forge(bundle, golden)
    with pytest.raises(BundleError, match=r"no variant of .* gives its golden answers here"):
        tune(bundle, threads=1)
    assert not (bundle / TUNING).exists()


def forge(bundle: Path, golden: object) -> None:
    """Change the golden answers of a bundle so that its checksums fit."""
    (bundle / "golden.json").write_text(json.dumps(golden))
    path = bundle / "edgeft.json"
    manifest = json.loads(path.read_text())
    del manifest["files"]["golden.json"]
    path.write_text(json.dumps(manifest))


def test_an_interrupted_call_loses_one_candidate(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fights, last = count(1), len(CHANGES) + 2  # the second variant's second change

    def interrupted(*given: Any, **named: Any) -> dict[str, Timing]:
        if next(fights) == last:
            raise KeyboardInterrupt
        return interleaved(*given, **named)

    monkeypatch.setattr(sessions, "interleaved", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune(bundle, threads=1)
    kept = json.loads((bundle / UNFINISHED).read_text())["duels"]
    assert len(kept) == last - 1
    assert not (bundle / TUNING).exists()
    Bundle.open(bundle).verify()
    variants = Bundle.open(bundle).manifest.variants
    tuned = tune(bundle, threads=1)
    assert next(fights) - 1 == len(CHANGES) * len(variants) + 1  # one was fought twice
    races = len(tuned.duels) - len(CHANGES) * len(variants)
    assert races in (len(variants) - 1, len(variants))  # what was built is not raced twice
    found = {each.ratio for each in tuned.duels}
    assert {each["ratio"] for each in kept.values()} <= found
    assert not (bundle / UNFINISHED).exists()


@pytest.mark.parametrize("said", ["{}", "[]", "not JSON"])
def test_a_record_that_does_not_fit_is_measured_again(bundle: Path, said: str) -> None:
    (bundle / UNFINISHED).write_text(said)
    assert Unfinished(bundle, []).duels == {}


@pytest.mark.parametrize("duels", [1, [1], {"a": 1}, {"a": {"challenger": "b"}}])
def test_a_record_of_no_duels_is_measured_again(bundle: Path, duels: object) -> None:
    said = Unfinished(bundle, []).of | {"duels": duels}
    (bundle / UNFINISHED).write_text(json.dumps(said))
    assert Unfinished(bundle, []).duels == {}


def test_a_record_counts_for_the_same_texts(bundle: Path) -> None:
    feeds, found = (
        [{"input_ids": np.array([[1, 2]])}],
        Duel("b", "a", (1.0, 2.0), 0.5, (0.4, 0.6), 9),
    )
    assert Unfinished(bundle, feeds).duel("int8: b", lambda: found) == found
    assert Unfinished(bundle, feeds).duels == {"int8: b": found}
    assert Unfinished(bundle, feeds * 2).duels == {}


def test_no_texts_are_an_error(bundle: Path) -> None:
    with pytest.raises(BundleError, match="there are no texts to time"):
        tune(bundle, [])


def test_thread_counts_double_up_to_the_limit() -> None:
    assert [list(thread_counts(limit)) for limit in (1, 2, 6, 8)] == [
        [], [2], [2, 4, 6], [2, 4, 8],
    ]  # fmt: skip


def test_the_command_needs_no_workshop(bundle: Path, tmp_path: Path) -> None:
    texts = tmp_path / "mine.txt"
    texts.write_text("where is my card\nthe cash machine kept my notes\n")
    arguments = ["tune", str(bundle), "--file", str(texts), "--threads", "1"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_WORKSHOP, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["tried", "p50", "against"]
    assert "ms a text on 2 texts, tokenization apart" in lines[-2]
    assert lines[-1] == f"wrote {bundle / TUNING}"


def test_a_bundle_is_judged_as_it_was_built(bundle: Path, tiny_dataset: Dataset) -> None:
    """And teaches so: what was found here is for whoever uses it here."""
    texts = list(open_split(tiny_dataset, "test")["text"])
    tune(bundle, texts, threads=1)
    chosen = read_manifest(bundle).chosen
    other = next(name for name in read_manifest(bundle).variants if name != chosen)
    written = json.loads((bundle / TUNING).read_text())
    (bundle / TUNING).write_text(json.dumps(written | {"variant": other}))
    with load(bundle) as tuned, load(bundle, tuning=False) as built:
        assert (tuned.variant, built.variant) == (other, chosen)
        wanted = built.outputs(texts).values
    found = logits_of(Bundle.open(bundle), texts, task=TextClassification())
    np.testing.assert_array_equal(found, wanted)

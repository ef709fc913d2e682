"""The instrument on real processes: a tiny bundle against the checkpoint that it was made of."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from edgeft.benchmark import measure, subject
from edgeft.benchmark.measuring import MOST_CALLS, first_places, notes_on_decoding, plan_rounds
from edgeft.benchmark.records import Benchmark
from edgeft.benchmark.turns import Measured, opened, thread_environment, worker_of
from edgeft.errors import BundleError, DataError, EdgeftError, ModelError, ProviderError
from edgeft.progress import Silence

TEXTS = [f"where is my {word} number {n}?" for n in range(8) for word in ("card", "cash")]


class Listening(Silence):
    """Keeps the titles of the bars that were opened."""

    def __init__(self):
        self.titles = []

    def bar(self, title, total=None, unit=""):
        self.titles.append((title, total))
        return super().bar(title, total)


@pytest.fixture(scope="session")
def listening():
    return Listening()


@pytest.fixture(scope="session")
def measured(tiny_bundle, make_tiny_checkpoint) -> Benchmark:
    """Both variants of a bundle and its checkpoint, one text a call."""
    subjects = [
        subject(f"{tiny_bundle.path}:int8"),
        subject(f"{tiny_bundle.path}:fp32"),
        subject(make_tiny_checkpoint("bert").path, name="torch"),
    ]
    return measure(subjects, TEXTS, batch_sizes=(1,), seconds=0.2, cold_starts=1)


@pytest.fixture(scope="session")
def in_batches(tiny_bundle, listening) -> Benchmark:
    """Both variants of a bundle, one text and four texts a call."""
    subjects = [subject(f"{tiny_bundle.path}:{variant}") for variant in ("int8", "fp32")]
    return measure(
        subjects, TEXTS, batch_sizes=(1, 4), seconds=0.2, cold_starts=1, progress=listening
    )


def test_every_subject_has_a_row_in_every_setting(in_batches):
    names = [each.name for each in in_batches.subjects]
    assert [(row.subject, row.threads, row.batch_size) for row in in_batches.rows] == [
        (name, 1, batch_size) for batch_size in (1, 4) for name in names
    ]
    assert in_batches.row(names[1], threads=1, batch_size=4).batch_size == 4
    with pytest.raises(KeyError):
        in_batches.row(names[1], threads=2, batch_size=4)


def test_every_row_names_what_computed_it(measured):
    torch, bundle = measured.row("torch", threads=1, batch_size=1), measured.rows[0]
    assert (bundle.provider, torch.provider) == ("CPUExecutionProvider", "torch-cpu")


def test_subjects_of_a_setting_make_the_same_calls_and_keep_each_value(measured, in_batches):
    for batch_size, of in ((1, measured), (4, in_batches)):
        rows = [row for row in of.rows if row.batch_size == batch_size]
        assert len({(row.calls, row.calls_a_round) for row in rows}) == 1
        for row in rows:
            assert len(row.total.raw_ms) == row.calls >= 20
            assert row.total.p50_ms == pytest.approx(np.median(row.total.raw_ms), rel=1e-3)


def test_a_bundles_call_is_told_apart_and_a_pipelines_is_not(measured):
    for row in measured.rows:
        if row.subject == "torch":
            assert row.tokenization is None
            assert row.session is None
        else:
            parts = row.tokenization.p50_ms + row.session.p50_ms
            assert 0.3 * row.total.p50_ms < parts < 1.5 * row.total.p50_ms


def test_the_others_are_compared_with_the_first_subject(measured):
    first, torch = measured.rows[0], measured.row("torch", threads=1, batch_size=1)
    assert first.ratio.value == 1
    assert torch.ratio.value == pytest.approx(torch.total.p50_ms / first.total.p50_ms, rel=1e-3)
    assert torch.ratio.interval[0] > 1


def test_the_same_model_gives_the_same_answers_in_both_frameworks(measured):
    first = measured.rows[0]
    assert first.agreement == 1
    other = measured.row("torch", threads=1, batch_size=1)
    assert other.agreement > 0.8
    assert other.agreement_interval[0] <= other.agreement <= other.agreement_interval[1]


def test_a_text_that_is_asked_again_agrees_once(measured, in_batches):
    for found in (measured, in_batches):
        for row in found.rows:
            assert row.calls * row.batch_size > len(TEXTS)
            assert row.agreement_n == len(TEXTS)


def test_one_thread_uses_one_core(measured):
    assert all(row.cores_used < 1.1 for row in measured.rows)


def test_cpu_time_is_compared_as_well(measured):
    first, torch = measured.rows[0], measured.row("torch", threads=1, batch_size=1)
    assert first.cpu_ratio.value == 1
    assert torch.cpu_ratio.value == pytest.approx(torch.cpu_ms.value / first.cpu_ms.value, rel=1e-3)
    assert all(row.cpu_ms.value < 1.1 * row.total.p50_ms for row in measured.rows)


def test_memory_is_of_a_process_that_holds_one_subject(measured):
    bundle, torch = measured.rows[0], measured.row("torch", threads=1, batch_size=1)
    assert 20e6 < bundle.peak_memory_bytes < 0.6 * torch.peak_memory_bytes


def test_cold_starts_tell_import_load_and_answer_apart(measured):
    bundle, _, torch = measured.cold_starts
    assert bundle.n == len(bundle.raw_seconds) == 1
    for start in (bundle, torch):
        parts = start.import_seconds + start.load_seconds + start.answer_seconds
        assert 0 < parts < start.seconds.value
    assert bundle.seconds.value < torch.seconds.value


def test_texts_machine_and_doubts_are_kept(measured):
    assert measured.texts.n == len(TEXTS)
    assert set(measured.texts.tokens) == {"p50", "p95", "max"}
    assert measured.machine.packages["onnxruntime"]
    assert any("p99" in note for note in measured.notes)


def test_a_copy_without_raw_values_reads_back(measured):
    small = measured.without_raw()
    assert Benchmark.model_validate_json(small.model_dump_json()) == small
    assert small.rows[0].total.p50_ms == measured.rows[0].total.p50_ms
    assert "raw" in measured.model_dump_json()
    assert not any(row.total.raw_ms for row in small.rows)
    assert measured.rows[0].total.raw_ms


@pytest.mark.parametrize(
    ("milliseconds", "rounds", "calls"),
    [
        ([0.04], MOST_CALLS // 64, 64),  # fast: longer turns, and calls enough
        ([1.0], 625, 16),
        ([9.0, 1.0], 125, 16),  # 10 seconds a subject on average
        ([100.0], 20, 5),  # slow: few calls a turn, but turns enough
    ],
)
def test_rounds_fill_the_time_that_is_asked_for(milliseconds, rounds, calls):
    warm_up = [Measured(total=[[int(each * 1e6)] * 3]) for each in milliseconds]
    assert plan_rounds(warm_up, 10.0) == (rounds, calls)


def test_each_stage_shows_a_bar(in_batches, listening):
    titles = [title for title, _ in listening.titles]
    assert titles == [
        "warming up: 1 thread, batch 1",
        "timing: 1 thread, batch 1",
        "warming up: 1 thread, batch 4",
        "timing: 1 thread, batch 4",
        "cold starts",
    ]


def test_two_threads_are_what_two_threads_run_on(tiny_bundle):
    found = measure(
        [subject(tiny_bundle.path)],
        TEXTS,
        batch_sizes=(4,),
        threads=(2,),
        seconds=0.1,
        cold_starts=0,
    )
    assert [row.threads for row in found.rows] == [2]
    assert found.cold_starts == []


def test_a_bundles_process_imports_no_workshop(tiny_bundle):
    config = {
        "kind": "bundle",
        "path": str(tiny_bundle.path),
        "variant": "fp32",
        "max_length": 0,
        "threads": 1,
        "device": "cpu",
        "first": "where is my card?",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-m", "edgeft.benchmark.worker"],
        input=json.dumps(config) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "onnxruntime" in imported
    assert not imported & {"torch", "transformers", "pydantic", "typer", "pluggy"}


def test_a_subject_that_cannot_be_opened_ends_those_that_start_beside_it(
    tiny_bundle, tiny_checkpoint, tmp_path, monkeypatch
):
    processes = []
    popen = subprocess.Popen

    def listed(*arguments, **fields):
        processes.append(popen(*arguments, **fields))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", listed)
    copy = tmp_path / "copy"
    shutil.copytree(tiny_bundle.path, copy)
    broken = subject(copy)
    (copy / "tokenizer.json").unlink()
    with (
        pytest.raises(BundleError),
        opened([broken, subject(tiny_checkpoint.path)], threads=1, device="cpu", first="a text"),
    ):
        pass
    assert processes[1].returncode == -9


def test_a_process_that_is_killed_is_named(tiny_bundle):
    worker = worker_of(subject(tiny_bundle.path), threads=1, device="cpu", first="a text").ready()
    worker.process.kill()
    with pytest.raises(ModelError, match="was ended by signal 9"):
        worker.ask("memory")
    worker.close()


def test_the_first_text_may_be_longer_than_an_argument(tiny_bundle):
    worker = worker_of(subject(tiny_bundle.path), threads=1, device="cpu", first="好 " * 200_000)
    assert worker.ready().opened["provider"] == "CPUExecutionProvider"
    worker.close()


def test_a_damaged_bundle_is_refused_by_its_own_error(tiny_bundle, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_bundle.path, copy)
    tokenizer = copy / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    with pytest.raises(BundleError, match=r"tokenizer\.json has \d+ bytes where"):
        measure([subject(copy)], TEXTS)


def test_cuda_that_cannot_be_had_is_an_error(tiny_bundle, tiny_checkpoint):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    for each in (subject(f"{tiny_bundle.path}:fp32"), subject(tiny_checkpoint.path)):
        with pytest.raises(ProviderError, match="CUDA"):
            measure([each], TEXTS, device="cuda", seconds=0.1)


def test_a_checkpoint_without_torch_names_the_extra(tiny_checkpoint, tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelError) as caught:
        measure([subject(tiny_checkpoint.path, name="teacher")], TEXTS)
    assert caught.value.message == "timing teacher: No module named 'torch'"
    assert caught.value.hint == "pip install 'edgeft[train]'"


def test_settings_that_measure_nothing_are_refused(tiny_bundle):
    mine = [subject(tiny_bundle.path)]
    for wrong in (
        {"batch_sizes": (0,)},
        {"threads": ()},
        {"seconds": 0.0},
        {"cold_starts": -1},
    ):
        with pytest.raises(EdgeftError):
            measure(mine, TEXTS, **wrong)
    with pytest.raises(DataError, match="no texts"):
        measure(mine, [])
    with pytest.raises(EdgeftError, match="nothing to measure"):
        measure([], TEXTS)


def test_texts_that_repeat_count_once(tiny_bundle):
    assert first_places(["a", "b", "a", "c", "b"]) == [0, 1, 3]
    one = subject(f"{tiny_bundle.path}:fp32")
    found = measure([one], ["my card"] * 5 + ["my cash"], seconds=0.1, cold_starts=0)
    assert {row.agreement_n for row in found.rows} == {2}
    assert {row.agreement for row in found.rows} == {1}


def test_answers_that_are_decided_in_different_ways_are_noted(
    tiny_bundle, tiny_checkpoint, tmp_path
):
    copy = shutil.copytree(tiny_bundle.path, tmp_path / "copy")
    manifest = json.loads((copy / "edgeft.json").read_text())
    manifest["decoding"]["thresholds"] = [0.3, 0.4]
    (copy / "edgeft.json").write_text(json.dumps(manifest))
    tuned, plain = subject(copy, name="ours"), subject(tiny_checkpoint.path, name="theirs")
    assert notes_on_decoding([tuned, subject(tiny_bundle.path)]) == []
    (note,) = notes_on_decoding([tuned, plain])
    assert note.startswith("Thresholds that were tuned on validation decide in ours, and not in th")
    assert notes_on_decoding([subject(tiny_bundle.path), plain]) == []


def test_every_thread_pool_is_told_its_size():
    assert thread_environment(3)["RAYON_NUM_THREADS"] == "3"
    assert thread_environment(1)["TOKENIZERS_PARALLELISM"] == "false"
    assert set(thread_environment(1)) > {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}


def test_no_process_outlives_a_failure(tiny_bundle):
    seen = []
    with (
        pytest.raises(KeyboardInterrupt),
        opened([subject(tiny_bundle.path)] * 2, threads=1, device="cpu", first="a text") as workers,
    ):
        seen = [worker.process for worker in workers]
        raise KeyboardInterrupt
    assert [process.returncode for process in seen] == [0, 0]

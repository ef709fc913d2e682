"""Ctrl-C, a killed process and a full disk: two lines, nothing lost, and the next run goes on."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from edgeft.artifacts import Checkpoint, Dataset


@pytest.fixture
def start(tmp_path):
    """Start a command in a process of its own, and wait until a path appears."""
    running = []

    def run(*arguments, until, seconds=120):
        process = subprocess.Popen(
            [sys.executable, "-m", "edgeft", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            # a shell lets its background jobs ignore Ctrl-C, and children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        running.append(process)
        end = time.monotonic() + seconds
        while not until():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "it never came so far"
            time.sleep(0.02)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def endless(write_recipe, tiny_dataset, write_csv):
    """A recipe whose training takes longer than any test waits."""
    import pyarrow.parquet as pq

    rows = pq.read_table(tiny_dataset.split_file("train")).to_pylist()
    train = write_csv("train.csv", [(row["text"], row["label"]) for row in rows])
    return write_recipe(train, steps="[{finetune: {method: full, epochs: 100000}}]")


def visible(path):
    """The names in a directory but hidden ones."""
    return sorted(each.name for each in path.iterdir() if not each.name.startswith("."))


def test_ctrl_c_ends_in_two_lines_and_keeps_what_was_finished(start, endless, edgeft, tmp_path):
    scratch = tmp_path / "run" / ".finetune-full.scratch"
    process = start("run", endless, "--out", "run", until=lambda: any(scratch.glob("checkpoint-*")))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-2:] == [
        "error: edgeft run was interrupted",
        "hint: the same command goes on from what was finished",
    ]
    assert "Traceback" not in err
    assert visible(tmp_path / "run") == ["data", "recipe.json"]
    Dataset.open(tmp_path / "run" / "data").verify()
    planned = edgeft("plan", endless, "--out", tmp_path / "run").out.splitlines()
    assert [line.split()[0] for line in planned if line.endswith("cached")] == ["data"]


def test_ctrl_c_of_a_single_step_leaves_the_earlier_output(
    start, tiny_dataset, make_tiny_base, make_tiny_checkpoint, tmp_path
):
    out = tmp_path / "tuned"
    shutil.copytree(make_tiny_checkpoint("bert").path, out)
    before = Checkpoint.open(out).digest
    scratch = tmp_path / ".tuned.scratch"
    process = start(
        "finetune", "full", "--base", make_tiny_base("bert"), "--data", tiny_dataset.path,
        "--out", out, "--force", "--set", "epochs=100000", until=scratch.is_dir,
    )  # fmt: skip
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert err.splitlines()[-2] == "error: edgeft finetune was interrupted"
    Checkpoint.open(out).verify()
    assert Checkpoint.open(out).digest == before
    assert visible(tmp_path) == ["tuned"]


def test_sigterm_ends_in_two_lines_and_the_same_command_goes_on(start, endless, tmp_path):
    run = tmp_path / "run"
    scratch = run / ".finetune-full.scratch"
    process = start(
        "run", endless, "--out", "run",
        until=lambda: len(list(scratch.glob("checkpoint-*"))) > 1,  # the first of them is whole
    )  # fmt: skip
    process.terminate()
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (143, "")
    assert err.splitlines()[-2:] == [
        "error: edgeft run was ended by SIGTERM",
        "hint: the same command goes on from what was finished",
    ]
    assert "Traceback" not in err
    assert visible(run) == ["data", "recipe.json"]
    assert not list(run.glob(".*.partial*"))

    seen = {each.name for each in scratch.glob("checkpoint-*")}
    process = start(
        "run", endless, "--out", "run",
        until=lambda: {each.name for each in scratch.glob("checkpoint-*")} - seen,
    )  # fmt: skip
    process.terminate()
    err = process.communicate(timeout=60)[1]
    assert re.search(r"^finetune-full: goes on after epoch \d+ of 100000$", err, re.MULTILINE)


def test_sigterm_of_data_that_is_being_read_leaves_nothing(start, tmp_path, write_csv):
    train = write_csv("train.csv", ((f"text number {n}", "ab"[n % 2]) for n in range(300_000)))
    out = tmp_path / "out"
    out.mkdir()
    process = start(
        "augment", "delete", "--data", train, "--out", out / "more",
        until=lambda: any(out.glob(".more.data.partial*")),
    )  # fmt: skip
    process.terminate()
    err = process.communicate(timeout=60)[1]

    assert process.returncode == 143
    assert err.splitlines()[-2] == "error: edgeft augment was ended by SIGTERM"
    assert list(out.iterdir()) == []


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


FULL = [
    "error: the disk is full: {} could not be written",
    "hint: free some space, then run again",
]


def test_a_full_disk_while_data_is_written(edgeft, earlier, train_csv, monkeypatch, snapshot):
    train_csv.write_text(f"{train_csv.read_text()}one text more,card\n")  # the others are prepared
    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_batch", full_disk)
    before = snapshot(earlier.parent)
    done = edgeft("augment", "delete", "--data", train_csv, "--out", earlier, "--force")

    assert done.code == 1
    assert done.last_two == [line.format(f"{earlier}.data") for line in FULL]
    assert snapshot(earlier.parent) == before


def test_a_full_disk_while_a_step_writes(edgeft, earlier, monkeypatch, snapshot):
    monkeypatch.setattr("edgeft.artifacts.checksums", full_disk)
    before = snapshot(earlier.parent)
    done = edgeft("augment", "swap", "--data", f"{earlier}.data", "--out", earlier, "--force")

    assert done.code == 1
    assert done.last_two == [line.format(earlier) for line in FULL]
    assert snapshot(earlier.parent) == before


def test_a_full_disk_while_weights_are_written(
    edgeft, tiny_dataset, make_tiny_base, tmp_path, monkeypatch, snapshot
):
    from safetensors import SafetensorError

    def full(*_, **__):
        raise SafetensorError("Error while serializing: I/O error: No space left on device")

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", full)
    done = edgeft(
        "finetune", "full", "--base", make_tiny_base("bert"), "--data", tiny_dataset.path,
        "--out", tmp_path / "tuned", "--set", "epochs=1",
    )  # fmt: skip

    assert done.code == 1
    assert done.last_two[0].startswith("error: the disk is full")
    assert done.last_two[1] == FULL[1]
    assert visible(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 300 kB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(mount)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(command).returncode:
        pytest.skip("only root may mount a small disk")
    yield mount
    subprocess.run(["umount", "--lazy", str(mount)], check=True)


def test_a_disk_that_is_really_full(edgeft, small_disk, earlier, tmp_path, snapshot):
    """Real writes to a real file system, filled up around an earlier output."""
    out = small_disk / "out"
    shutil.copytree(earlier, out)
    filler = small_disk / "filler"
    with pytest.raises(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    before = snapshot(small_disk)
    done = edgeft("augment", "swap", "--data", f"{earlier}.data", "--out", out, "--force")

    assert (done.code, done.last_two) == (1, [line.format(out) for line in FULL])
    assert snapshot(small_disk) == before

    filler.unlink()
    again = edgeft("augment", "swap", "--data", f"{earlier}.data", "--out", out, "--force")
    assert again.code == 0
    Dataset.open(out).verify()


def test_training_on_a_disk_that_is_really_full(edgeft, small_disk, tiny_dataset, make_tiny_base):
    (small_disk / "filler").write_bytes(b"x" * 200_000)
    done = edgeft(
        "finetune", "full", "--base", make_tiny_base("bert"), "--data", tiny_dataset.path,
        "--out", small_disk / "tuned", "--set", "epochs=1",
    )  # fmt: skip

    assert done.code == 1, done.err
    assert done.last_two[0].startswith("error: the disk is full")
    assert done.last_two[1] == FULL[1]
    assert visible(small_disk) == ["filler"]

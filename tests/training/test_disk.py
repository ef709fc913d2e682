import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.errors import OutputError
from edgeft.registry import Registry
from edgeft.training.disk import naming_a_full_disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("may not mount a disk here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_full_disk_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError) as caught,
        naming_a_full_disk(tmp_path / "not" / "yet", tmp_path / "teacher"),
    ):
        raise SafetensorError("Error while serializing: No space left on device (os error 28)")

    assert caught.value.message == f"the disk is full: {tmp_path / 'teacher'} could not be written"
    assert caught.value.hint == "free some space, then run again"


def test_a_file_that_is_larger_than_allowed_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="larger than is allowed"),
        naming_a_full_disk(tmp_path, tmp_path / "teacher"),
    ):
        raise SafetensorError("Error while serializing: File too large (os error 27)")


def test_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="shape"), naming_a_full_disk(tmp_path, tmp_path):
        raise RuntimeError("shape")


def test_full_disk_is_recognised_behind_safetensors_and_torch(small_disk: Path) -> None:
    weights = {"a": torch.zeros(200_000)}
    with pytest.raises(OutputError), naming_a_full_disk(small_disk, small_disk):
        save_file(weights, small_disk / "model.safetensors")
    with pytest.raises(OutputError), naming_a_full_disk(small_disk, small_disk):
        torch.save(weights, small_disk / "optimizer.pt")


def test_training_on_a_full_disk_leaves_nothing_at_its_place(
    small_disk: Path, tiny_base: Path, tiny_dataset: Dataset, registry: Registry, context: Context
) -> None:
    options = registry.options("finetune", "full", {"epochs": 1})
    step = registry.step("finetune", "full")(options, context.at(small_disk / "teacher"))

    with pytest.raises(OutputError, match="the disk is full"):
        step.run(tiny_base, tiny_dataset)

    assert not (small_disk / "teacher").exists()

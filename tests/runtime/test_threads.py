"""How many threads: the affinity mask, and the quotas of cgroups of both versions."""

import os
from pathlib import Path

import pytest

from edgeft.runtime import threads


@pytest.fixture
def cgroups(tmp_path: Path) -> Path:
    return tmp_path / "cgroup"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_threads_are_the_affinity_mask_where_nothing_else_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "quotas", list)
    assert threads.available_threads() == len(os.sched_getaffinity(0))


def test_a_smaller_affinity_mask_is_obeyed() -> None:
    mask = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mask)})
        assert threads.available_threads() == 1
    finally:
        os.sched_setaffinity(0, mask)


def test_quota_of_version_2_is_read(cgroups: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "own", "0::/system/job\n")
    write(cgroups / "system/job/cpu.max", "150000 100000\n")
    write(cgroups / "system/cpu.max", "max 100000\n")
    assert threads.quotas(cgroups, own) == [1.5]


def test_quota_of_an_outer_cgroup_counts_too(cgroups: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "own", "0::/system/job\n")
    write(cgroups / "system/job/cpu.max", "400000 100000\n")
    write(cgroups / "system/cpu.max", "200000 100000\n")
    assert sorted(threads.quotas(cgroups, own)) == [2.0, 4.0]


def test_quota_of_version_1_is_read(cgroups: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "own", "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n")
    write(cgroups / "cpu,cpuacct/cpu.cfs_quota_us", "300000\n")
    write(cgroups / "cpu,cpuacct/cpu.cfs_period_us", "100000\n")
    assert threads.quotas(cgroups, own) == [3.0]


def test_no_quota_of_version_1_is_no_limit(cgroups: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "own", "1:cpu:/\n")
    write(cgroups / "cpu/cpu.cfs_quota_us", "-1\n")
    write(cgroups / "cpu/cpu.cfs_period_us", "100000\n")
    assert threads.quotas(cgroups, own) == []


def test_half_a_cpu_is_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "quotas", lambda: [0.5])
    assert threads.available_threads() == 1


def test_a_quota_between_whole_cpus_is_rounded_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "affinity", lambda: 64)
    monkeypatch.setattr(threads, "quotas", lambda: [3.7])
    assert threads.available_threads() == 3


def test_a_system_without_cgroups_has_no_quota(tmp_path: Path) -> None:
    assert threads.quotas(tmp_path, tmp_path / "missing") == []

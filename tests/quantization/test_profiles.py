"""A machine's profile is what its integer kernels can do."""

from pathlib import Path

import pytest

from edgeft.quantization.profiles import own_profile


@pytest.mark.parametrize(
    ("machine", "flags", "profile"),
    [
        ("x86_64", "fpu avx2 avx512f avx512_vnni", "x86-vnni"),
        ("AMD64", "fpu avx2 avx_vnni", "x86-vnni"),
        ("x86_64", "fpu avx2 avx512f", "x86-portable"),
        ("aarch64", "asimd asimddp", "arm64"),
        ("arm64", None, "arm64"),
        ("x86_64", None, "x86-portable"),
    ],
)
def test_own_profile_is_what_the_processor_can(
    machine: str,
    flags: str | None,
    profile: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if flags is not None:
        key = "flags\t\t" if "fpu" in flags else "Features\t"
        cpuinfo.write_text(f"processor\t: 0\nmodel name\t: x\n{key}: {flags}\n\nprocessor\t: 1\n")
    monkeypatch.setattr("edgeft.runtime.processor.CPUINFO", cpuinfo)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert own_profile() == profile

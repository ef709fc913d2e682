"""What machine this is, as far as it matters to a timing. Nothing that names its owner."""

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from edgeft.benchmark.records import Machine
from edgeft.runtime.processor import features
from edgeft.runtime.threads import available_threads
from edgeft.steps import installed_version

FLAGS = (
    "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "avx512_bf16",
    "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16",
    "asimd", "asimddp", "asimdhp", "i8mm", "bf16", "sve", "sve2", "sme",
)  # fmt: skip
"""features of x86 and Arm that the kernels of onnxruntime and torch choose by"""

PACKAGES = (
    "edgeft", "numpy", "onnxruntime", "onnxruntime-gpu", "tokenizers", "torch", "transformers",
)  # fmt: skip


def describe_machine() -> Machine:
    """Describe this machine, this process's share of it, and the packages in use."""
    cpuinfo = read("/proc/cpuinfo")
    flags = features()
    return Machine(
        cpu=cpu_name(cpuinfo),
        architecture=platform.machine(),
        cores=os.cpu_count() or 1,
        usable_cores=available_threads(),
        flags=[flag for flag in FLAGS if flag in flags],
        memory_bytes=memory_bytes(),
        virtual="hypervisor" in flags,
        governor=read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip(),
        load_average=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        gpu=gpu_names(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={name: found for name in PACKAGES if (found := installed_version(name))},
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def cpu_name(cpuinfo: str) -> str:
    """The CPU's model name; where that is a bare brand, with family, model and stepping."""
    name = field(cpuinfo, "model name") or field(cpuinfo, "Model") or platform.processor()
    numbers = {key: field(cpuinfo, key) for key in ("cpu family", "model", "stepping")}
    told = " ".join(f"{key} {value}" for key, value in numbers.items() if value)
    if not name:
        return told or platform.machine()
    return f"{name} ({told})" if told and not any(char.isdigit() for char in name) else name


def field(cpuinfo: str, key: str) -> str:
    """The first value of a key in /proc/cpuinfo, or an empty string."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def memory_bytes() -> int | None:
    """Memory of the machine, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def gpu_names() -> list[str]:
    """Names of the GPUs that NVIDIA's driver lists; empty without a driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=name", "--format=csv,noheader"]
    found = subprocess.run(query, capture_output=True, text=True, check=False)
    return found.stdout.splitlines() if found.returncode == 0 else []


def read(path: str) -> str:
    """A file of the system, or an empty string where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

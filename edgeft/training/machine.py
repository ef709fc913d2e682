"""What to compute with: device, number format and threads."""

import os

import torch

from edgeft.errors import ProviderError


def pick_device(device: str) -> torch.device:
    """The device behind `auto`, `cpu` or `cuda`; raises ProviderError for a cuda that is not there.

    In a distributed run each process takes the GPU of its local rank.
    """
    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        built = "is not usable here" if torch.version.cuda else "this torch was built without it"
        raise ProviderError(
            f"torch cannot compute on cuda: {built}", hint="use --device cpu, or install torch+cuda"
        )
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def computes_in_bf16(device: torch.device) -> bool:
    """Whether the device has instructions for bf16 products, so that it pays."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return any(found.get(flag) for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def set_threads(threads: int | None) -> int:
    """Let torch compute with so many threads, and say with how many.

    None takes OMP_NUM_THREADS where it is set, as torchrun does, or else this process's share of
    the processors that are left to it.
    """
    if threads is None and "OMP_NUM_THREADS" in os.environ:
        return int(torch.get_num_threads())
    if threads is None:
        from edgeft.runtime.threads import available_threads

        threads = max(1, available_threads() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    torch.set_num_threads(threads)
    return threads

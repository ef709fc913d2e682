"""Luck that is the same in every run: it depends on the seed and on what is asked."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, asked: Sequence[str], device: torch.device) -> Iterator[None]:
    """Let torch draw by the seed and by what is asked inside the block, and as before outside."""
    digest = hashlib.sha256("\n".join([str(seed), *asked]).encode()).digest()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        yield

"""Who wrote an answer, and by which luck: what makes two answers the same."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

READ = {".gguf", ".json", ".jinja", ".model", ".safetensors", ".spm", ".txt"}
"""endings of the files that a model is read from"""


def content(folder: Path, file: str = "") -> str:
    """A hash of what a model is read from: its one file, or all of the directory's."""
    files = [folder / file] if file else sorted(folder.iterdir())
    found = hashlib.sha256()
    for each in files:
        if each.suffix in READ and each.is_file():
            with each.open("rb") as stream:
                found.update(each.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()[:32]


@contextmanager
def seeded(seed: int, asked: Sequence[str], device: torch.device) -> Iterator[None]:
    """Let torch draw by the seed and by what is asked inside the block, and as before outside."""
    digest = hashlib.sha256("\n".join([str(seed), *asked]).encode()).digest()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        yield

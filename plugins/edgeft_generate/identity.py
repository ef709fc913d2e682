"""Who wrote an answer: the content of a model, whatever it is called."""

import hashlib
from pathlib import Path

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

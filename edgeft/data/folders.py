"""Texts that lie in a folder, a file each: which of its entries they are.

Imports the standard library alone: `edgeft init` looks into folders without `datasets`.
"""

from pathlib import Path

SUFFIXES = (".txt", ".text", "")


def text_files(folder: Path) -> list[Path]:
    """The files of a folder that are texts, sorted."""
    return sorted(filter(is_text, folder.iterdir()))


def label_folders(folder: Path) -> list[Path]:
    """The sub-folders that are called as labels are, sorted."""
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.is_dir() and not entry.name.startswith((".", "__"))
    )


def is_text(path: Path) -> bool:
    """Whether a folder's entry is one of its texts."""
    return path.is_file() and not path.name.startswith(".") and path.suffix.lower() in SUFFIXES

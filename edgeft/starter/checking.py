"""Whether the files that a first recipe names are there, and have the columns that it names."""

from pathlib import Path

from edgeft.complaints import suggestion
from edgeft.errors import DataError
from edgeft.registry import Registry
from edgeft.starter.looking import columns_of


def check_split(
    source: str, named: dict[str, str], registry: Registry, encoding: str = "utf-8"
) -> None:
    """Raise DataError for a file of validation or test that is missing, empty or of others."""
    path = Path(source).expanduser()
    if not path.exists() and registry.dataset_source(source) is None:
        if is_place(source):
            raise DataError(f"no file, folder or sample {source!r}", hint="check the path")
        return
    one_column = path.suffix.lower() == ".txt" and "label" not in named
    if named and path.is_file() and not one_column:
        check_columns(source, columns_of(path, encoding), named)


def is_place(source: str) -> bool:
    """Whether a source that is not there was a path or a sample's name, and no hub id."""
    return bool(Path(source).suffix) or source.startswith((".", "/", "~")) or "/" not in source


def check_columns(train: str, columns: list[str], named: dict[str, str]) -> None:
    """Raise DataError for a column that is not there, or that could not be guessed."""
    for role, name in named.items():
        if not name:
            other = ""
            if role == "label":
                other = ", and --task regression for numbers, or --task TASK where texts have none"
            raise DataError(
                f"{train}: no column looks like the {role}",
                hint=f"add --{role} COLUMN{other}; it has: {', '.join(columns)}",
            )
        if name not in columns:
            hint = suggestion(name, columns)
            if role == "pair":  # which nothing guesses
                hint += "; name that of the second text: --pair COLUMN"
            raise DataError(f"{train} has no column {name!r}", hint=hint)

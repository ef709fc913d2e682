"""A data source is a sample, a file, a folder a label, or a hub dataset."""

from collections.abc import Callable
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from edgeft.artifacts import Dataset
from edgeft.data import DataSource
from edgeft.data.rows import open_split
from edgeft.data.sources import FileSource, FolderSource, HubSource, locate
from edgeft.errors import DataError
from edgeft.tasks.text_classification import TextClassification

COLUMNS = {"text": "text", "label": "label"}
TASK = TextClassification()


def located(value: str, role: str = "train", **source: str) -> object:
    return locate(value, role, DataSource(train=value, **source), TASK, lambda name: None)


def texts_of(data: Dataset) -> list[tuple[str, str]]:
    rows = [row for split in data.splits for row in open_split(data, split)]
    return sorted((row["text"], row["label"]) for row in rows)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("owner/name", HubSource("owner/name", None, None, "train", COLUMNS)),
        ("owner/name:en@v1#dev", HubSource("owner/name", "en", "v1", "dev", COLUMNS)),
    ],
)
def test_hub_id_names_config_revision_and_split(value: str, expected: HubSource) -> None:
    assert located(value) == expected


def test_hub_split_is_the_role_where_none_is_named() -> None:
    assert str(located("owner/name", "test")) == "owner/name#test"


@pytest.mark.parametrize("value", ["data/tarin.csv", "./folder", "~/folder", "bbc-nwes", "a/b/c"])
def test_source_that_is_nowhere_is_named(value: str) -> None:
    with pytest.raises(DataError) as caught:
        located(value)
    assert caught.value.message == f"train: no file, folder or sample {value!r}"
    assert caught.value.hint == "check the path; a hub id is written OWNER/NAME"


def test_sample_is_utf8_whatever_encoding_the_recipe_names(tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.touch()
    source = DataSource(train="mine", encoding="cp1252")
    assert locate("mine", "train", source, TASK, lambda name: sample) == FileSource(
        sample, COLUMNS, "utf-8"
    )


@pytest.mark.parametrize("encoding", ["utf9", "hex", "rot13", "undefined"])
def test_encoding_that_is_unknown_or_none_of_texts_is_refused(encoding: str) -> None:
    with pytest.raises(ValidationError, match=f"unknown encoding '{encoding}'"):
        DataSource(train="x", encoding=encoding)


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(ValidationError, match="take all of train"):
        DataSource(train="x", validation_size=0.5, test_size=0.5)
    DataSource(train="x", test="y", validation_size=0.5, test_size=0.5)


def test_hub_dataset_without_network_says_so(
    complaint: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    message, hint = complaint({"train": "nobody/nothing"})
    assert message.startswith("hub dataset nobody/nothing#train cannot be loaded: Couldn't reach")
    assert hint == "check its name and the network, or name a file"


@pytest.fixture
def numbered() -> datasets.Dataset:
    """Rows whose label is a class number with a name, as hub datasets have them."""
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    texts = ["alpha beta", "gamma delta", "epsilon zeta", "eta theta"]
    return datasets.Dataset.from_dict({"text": texts, "label": [0, 1, 0, 1]}, features=features)


def test_class_numbers_of_a_hub_dataset_become_names(
    numbered: datasets.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "repository").mkdir()
    numbered.to_parquet(tmp_path / "repository" / "train.parquet")
    source = HubSource(str(tmp_path / "repository"), None, None, "train", COLUMNS)
    assert list(source.rows())[:2] == [(1, ("alpha beta", "no")), (2, ("gamma delta", "yes"))]


def test_class_numbers_of_a_parquet_file_become_names(
    numbered: datasets.Dataset, prepare_data: Callable[..., Dataset], tmp_path: Path
) -> None:
    numbered.to_parquet(tmp_path / "r.parquet")
    data = prepare_data({"train": str(tmp_path / "r.parquet")})
    assert data.labels == ["no", "yes"]


def test_whole_numbers_and_booleans_are_labels(
    prepare_data: Callable[..., Dataset], tmp_path: Path
) -> None:
    texts = ["alpha beta", "gamma delta", "epsilon zeta", "eta theta"]
    labels = pa.array([1.0, 2.0, 1.0, 2.0])  # what pandas makes of integers with gaps
    pq.write_table(pa.table({"text": texts, "label": labels}), tmp_path / "r.parquet")
    assert prepare_data({"train": str(tmp_path / "r.parquet")}).labels == ["1", "2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label, texts in {"no": ["alpha beta", "gamma"], "yes": ["delta", "eta theta"]}.items():
        (tmp_path / "folder" / label).mkdir(parents=True)
        for number, text in enumerate(texts):
            (tmp_path / "folder" / label / f"{number}.txt").write_text(f"{text}\n")
        (tmp_path / "folder" / label / ".DS_Store").write_bytes(b"\xff")
    return tmp_path / "folder"


def test_sub_folder_is_a_label(folder: Path, prepare_data: Callable[..., Dataset]) -> None:
    assert texts_of(prepare_data({"train": str(folder)})) == [
        ("alpha beta", "no"),
        ("delta", "yes"),
        ("eta theta", "yes"),
        ("gamma", "no"),
    ]


def test_broken_file_of_a_folder_is_named(
    folder: Path, complaint: Callable[..., tuple[str, str]]
) -> None:
    (folder / "no" / "1.txt").write_bytes(b"fine\n\xff\n")
    assert complaint({"train": str(folder)}) == (
        "folder/no/1.txt, line 2: not valid utf-8",
        "save the file as UTF-8, or name its encoding, such as"
        " --encoding cp1252, in a recipe `data: {encoding: cp1252}`",
    )


def test_folder_without_labels_is_refused(
    tmp_path: Path, complaint: Callable[..., tuple[str, str]]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("a")
    assert complaint({"train": str(tmp_path / "folder")}) == (
        "folder has no sub-folder of text files",
        "put every text into LABEL/NAME.txt",
    )


def test_folder_of_files_is_an_unlabelled_pool(folder: Path) -> None:
    source = located(str(folder / "no"), "unlabelled")
    assert isinstance(source, FolderSource)
    assert [values for _, values in source.rows()] == [("alpha beta",), ("gamma",)]


def test_digest_follows_the_content(questions: Path, folder: Path) -> None:
    for source, file in ((questions, questions), (folder, folder / "no" / "0.txt")):
        before = located(str(source)).digest()
        assert located(str(source)).digest() == before
        file.write_text("other")
        assert located(str(source)).digest() != before


def test_file_that_is_no_parquet_is_named(
    tmp_path: Path, complaint: Callable[..., tuple[str, str]]
) -> None:
    (tmp_path / "r.parquet").write_text("text,label")
    message, hint = complaint({"train": str(tmp_path / "r.parquet")})
    assert message.startswith("r.parquet is not a Parquet file: ")
    assert hint == "write it again"

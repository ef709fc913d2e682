import errno
import json
import os
from pathlib import Path

import pytest

from edgeft.artifacts import Bundle, Checkpoint, Dataset, open_model
from edgeft.errors import BundleError, DataError, ModelError, OutputError
from edgeft.processes import HOST, has_ended, own_name
from edgeft.writing import write_text


def written(out: Path, text: str = "hello", **options) -> Dataset:
    with Dataset.create(out, **options) as draft:
        (draft.path / "train.parquet").write_text(text)
        draft.manifest.rows = {"train": 1}
        draft.manifest.labels = ["no", "yes"]
    return draft.artifact


def test_what_was_written_is_read_back(tmp_path):
    made = written(tmp_path / "data")
    found = Dataset.open(tmp_path / "data")
    assert found.manifest == made.manifest
    assert found.labels == ["no", "yes"]
    assert found.manifest.files["train.parquet"].bytes == 5
    found.verify()


def test_equal_content_has_an_equal_digest_wherever_it_lies(tmp_path):
    one, two = written(tmp_path / "one"), written(tmp_path / "two")
    assert one.digest == two.digest
    assert one.digest != written(tmp_path / "three", "other").digest


def test_a_failure_leaves_nothing_at_the_final_path(tmp_path):
    with pytest.raises(ValueError, match="boom"), Dataset.create(tmp_path / "data") as draft:
        (draft.path / "train.parquet").write_text("half")
        raise ValueError("boom")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_what_stood_there(tmp_path):
    written(tmp_path / "data")
    with pytest.raises(ValueError, match="boom"), Dataset.create(tmp_path / "data", force=True):
        raise ValueError("boom")
    Dataset.open(tmp_path / "data").verify()


def test_an_output_that_exists_is_refused_without_force(tmp_path):
    written(tmp_path / "data")
    with pytest.raises(OutputError) as caught:
        written(tmp_path / "data")
    assert caught.value.message == f"{tmp_path / 'data'} exists already"
    assert caught.value.hint == "name another, or add --force"
    written(tmp_path / "data", "new", force=True)
    assert (tmp_path / "data" / "train.parquet").read_text() == "new"


def test_a_full_disk_is_an_error_with_its_remedy(tmp_path):
    with (
        pytest.raises(OutputError, match="the disk is full") as caught,
        Dataset.create(tmp_path / "data"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.hint == "free some space, then run again"
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_has_its_name_before_it_is_whole(tmp_path):
    with Dataset.create(tmp_path / "my.data") as draft:
        assert Dataset(draft.path, draft.manifest).name == "my.data"
    assert draft.path.name != "my.data"
    assert draft.artifact.name == "my.data"


@pytest.mark.parametrize("name", ["data", "data [old]"])
@pytest.mark.parametrize("our_number", [False, True])  # a container numbers from 1 on
def test_the_partial_directory_of_a_killed_process_is_cleared(our_number, name, tmp_path):
    number = os.getpid() if our_number else 999999999
    stale = tmp_path / f".{name}.partial-{HOST}-{number}"
    stale.mkdir()
    (stale / "half").write_text("a file")
    written(tmp_path / name)
    assert not stale.exists()
    assert not (tmp_path / name / "half").exists()


def test_what_only_looks_like_a_partial_directory_stays(tmp_path):
    others = [tmp_path / f".data.partial-{name}" for name in ("copy", f"{HOST}-{os.getppid()}")]
    for other in others:
        other.mkdir()
    written(tmp_path / "data")
    assert all(other.is_dir() for other in others)


def test_what_a_process_of_another_machine_writes_stays(tmp_path):
    """Several may write to one volume, and their processes have the same numbers."""
    other = tmp_path / f".data.partial-0123abcd-{os.getpid()}"
    other.mkdir()
    written(tmp_path / "data")
    assert other.is_dir()


def test_a_changed_file_is_named(tmp_path):
    made = written(tmp_path / "data")
    (tmp_path / "data" / "train.parquet").write_text("jello")
    with pytest.raises(DataError, match=r"train.parquet is not the file that was written"):
        made.verify()


def test_a_missing_file_is_named(tmp_path):
    made = written(tmp_path / "data")
    (tmp_path / "data" / "train.parquet").unlink()
    with pytest.raises(DataError, match=r"lacks train.parquet"):
        made.verify()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found.update(schema_version=99), "has schema 99"),
        (lambda found: found.update(kind="bundle"), "is a bundle, not a dataset"),
        (lambda found: found.update(rows={"train": "many"}), "rows.train"),
    ],
)
def test_a_manifest_of_another_world_is_refused(tmp_path, change, message):
    written(tmp_path / "data")
    path = tmp_path / "data" / "edgeft.json"
    found = json.loads(path.read_text())
    change(found)
    path.write_text(json.dumps(found))
    with pytest.raises(DataError, match=message):
        Dataset.open(tmp_path / "data")


def test_a_truncated_manifest_is_refused(tmp_path):
    written(tmp_path / "data")
    path = tmp_path / "data" / "edgeft.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(DataError, match="cannot be read"):
        Dataset.open(tmp_path / "data")


def test_a_hugging_face_directory_of_somebody_else_is_adopted(tmp_path):
    config = {"id2label": {"1": "yes", "0": "no", "10": "maybe"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert Checkpoint.open(tmp_path).labels == ["no", "yes", "maybe"]
    assert isinstance(open_model(tmp_path), Checkpoint)


def test_a_directory_that_is_nothing_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no readable config"):
        open_model(tmp_path)
    with pytest.raises(BundleError, match="it has no edgeft"):
        Bundle.open(tmp_path)


def test_a_missing_split_names_those_that_are_there(tmp_path):
    made = written(tmp_path / "data")
    with pytest.raises(DataError) as caught:
        made.split_file("test")
    assert caught.value.hint == "it has: train"


def test_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.md"
    write_text(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.md"]


def test_a_directory_that_edgeft_did_not_make_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    with (
        pytest.raises(OutputError, match="edgeft did not make it"),
        Dataset.create(tmp_path / "thesis", force=True),
    ):
        pass
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "mine"


def test_a_file_that_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "page.md"
    path.write_text("before")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)  # which a read-only disk refuses, too
    with pytest.raises(OutputError, match="no permission to write"):
        write_text(path, "after")
    monkeypatch.undo()
    assert [each.name for each in tmp_path.iterdir()] == ["page.md"]
    assert path.read_text() == "before"


def test_a_process_is_known_by_its_name():
    assert own_name() == f"{HOST}-{os.getpid()}"
    assert not has_ended(own_name())
    assert has_ended(f"{HOST}-999999999") and has_ended("999999999")
    assert not has_ended("0123abcd-999999999") and not has_ended("copy")


def test_what_was_being_replaced_when_a_process_was_killed_comes_back(tmp_path):
    out = tmp_path / "data"
    written(out)
    before = out / "train.parquet"
    content = before.read_bytes()
    out.rename(tmp_path / f".data.replaced-{HOST}-999999999")
    with pytest.raises(ZeroDivisionError), Dataset.create(out, force=True):
        raise ZeroDivisionError
    assert before.read_bytes() == content
    (tmp_path / f".data.replaced-{HOST}-999999999").mkdir()  # that is older than what stands there
    written(out, force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_what_cannot_be_put_in_its_place_leaves_what_stood_there(tmp_path, monkeypatch):
    out = tmp_path / "data"
    written(out)
    rename = Path.rename

    def failing(path, target):
        if ".partial-" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="the disk is full"):
        written(out, force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]
    assert (out / "train.parquet").is_file()

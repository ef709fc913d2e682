"""`edgeft predict`: from arguments, stdin and files to lines, csv, tsv and jsonl."""

import csv
import errno
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from edgeft.runtime import Embedder, load

TEXTS = ["where is my card", "the notes from the machine"]


@pytest.fixture
def best(tiny_bundle):
    """What the runtime itself answers."""
    with load(tiny_bundle.path) as model:
        return [(answer.label, answer.probability) for answer in model(TEXTS)]


def test_texts_of_the_command_line_are_answered_a_line_each(edgeft, tiny_bundle, best):
    done = edgeft("predict", tiny_bundle.path, *TEXTS)

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{label}\t{probability:.4f}\t{text}"
        for (label, probability), text in zip(best, TEXTS, strict=True)
    ]


def test_lines_of_stdin_are_answered(edgeft, tiny_bundle, monkeypatch):
    expected = edgeft("predict", tiny_bundle.path, *TEXTS).out
    given = io.TextIOWrapper(io.BytesIO("\n".join(TEXTS).encode()))
    monkeypatch.setattr("sys.stdin", given)

    assert edgeft("predict", tiny_bundle.path).out == expected
    for named in (["-"], ["--file", "-"]):
        given.seek(0)
        assert edgeft("predict", tiny_bundle.path, *named).out == expected


def test_stdin_that_is_not_utf8_is_named_by_its_line(edgeft, tiny_bundle, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"fine\ncaf\xe9\n")))
    done = edgeft("predict", tiny_bundle.path)

    assert (done.code, done.last_two) == (
        1,
        [
            "error: stdin, line 2: not valid utf-8",
            "hint: name its encoding, such as --encoding cp1252, or convert it by iconv",
        ],
    )


def test_a_file_of_another_encoding_is_read_once_that_is_named(edgeft, tiny_bundle, tmp_path):
    source = tmp_path / "texts.txt"
    source.write_text("wo ist mein Geld für München?\n", encoding="cp1252")
    refused = edgeft("predict", tiny_bundle.path, "--file", source)
    assert refused.last_two[1].startswith("hint: save the file as UTF-8, or name its encoding")
    done = edgeft("predict", tiny_bundle.path, "--file", source, "--encoding", "cp1252")
    assert (done.code, "für München" in done.out) == (0, True)


def test_a_scheme_is_of_a_conll(edgeft, tiny_bundle, tmp_path):
    for given in ([], ["--out", tmp_path / "answers.csv"]):
        done = edgeft("predict", tiny_bundle.path, "a text", "--scheme", "bioes", *given)
        assert done.code == 2
        assert "add --out answers.conll" in done.err


def test_stdin_of_another_encoding_is_read_once_that_is_named(edgeft, tiny_bundle, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"fine\ncaf\xe9\n")))
    done = edgeft("predict", tiny_bundle.path, "--encoding", "cp1252")
    assert (done.code, done.out.splitlines()[1].endswith("\tcafé")) == (0, True)


def test_json_is_an_object_a_line_with_all_answers(edgeft, tiny_bundle, best):
    done = edgeft("predict", tiny_bundle.path, TEXTS[0], "--json", "--top-k", "2")
    found = json.loads(done.out)

    assert (found["text"], found["label"]) == (TEXTS[0], best[0][0])
    first, second = found["answers"]
    assert first["label"] == best[0][0]
    assert first["probability"] >= second["probability"]


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t")])
def test_a_file_becomes_a_file(edgeft, tiny_bundle, best, write_csv, tmp_path, suffix, delimiter):
    texts = [*TEXTS, 'with, a "quote"\nand a second line', ""]
    source = write_csv("texts.csv", [(text,) for text in texts], header=["said"])
    out = tmp_path / f"answers{suffix}"
    done = edgeft(
        "predict", tiny_bundle.path, "--file", source, "--text", "said", "--out", out,
        "--top-k", "2",
    )  # fmt: skip

    assert (done.code, done.out) == (0, "")
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    assert [row["text"] for row in rows] == texts
    assert [row["label"] for row in rows[:2]] == [label for label, _ in best]
    assert list(rows[0]) == ["text", "label", "probability", "label_2", "probability_2"]
    assert all(row["label_2"] for row in rows)


def test_no_more_columns_are_written_than_there_are_labels(edgeft, tiny_bundle, tmp_path):
    out = tmp_path / "answers.csv"
    done = edgeft("predict", tiny_bundle.path, *TEXTS, "--out", out, "--top-k", "99")

    assert done.code == 0
    with out.open(encoding="utf-8", newline="") as file:
        widths = {len(row) for row in csv.reader(file)}
    assert widths == {1 + 2 * len(tiny_bundle.labels)}


def test_a_file_becomes_jsonl(edgeft, tiny_bundle, best, tmp_path):
    source, out = tmp_path / "texts.txt", tmp_path / "answers.jsonl"
    source.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    assert edgeft("predict", tiny_bundle.path, "--file", source, "--out", out).code == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["label"] for row in rows] == [label for label, _ in best]


def test_more_texts_than_fit_a_window_come_in_order(edgeft, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setattr("edgeft.cli.predict.WINDOW", 3)
    source = tmp_path / "texts.txt"
    texts = [f"card number {n}" for n in range(10)]
    source.write_text("\n".join(texts), encoding="utf-8")
    shown = edgeft("predict", tiny_bundle.path, "--file", source).out
    assert [line.split("\t")[2] for line in shown.splitlines()] == texts


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["--out", "a.parquet"],
            ["cannot write a .parquet file", "name a csv, tsv, jsonl or conll"],
        ),
        (
            ["--out", "answers"],
            ["cannot write a file without a suffix", "name a csv, tsv, jsonl or conll"],
        ),
        (["--out", "none/a.csv"], ["no directory none", "make it, or name another"]),
        (["--file", "none.txt"], ["no file at none.txt", "check the path"]),
    ],
)
def test_files_that_cannot_be_used(edgeft, tiny_bundle, arguments, lines):
    texts = [] if "--file" in arguments else TEXTS
    done = edgeft("predict", tiny_bundle.path, *texts, *arguments)

    assert (done.code, done.last_two) == (1, [f"error: {lines[0]}", f"hint: {lines[1]}"])


def test_answers_do_not_overwrite_a_file(edgeft, tiny_bundle, tmp_path):
    out = tmp_path / "answers.csv"
    out.write_text("mine")
    done = edgeft("predict", tiny_bundle.path, *TEXTS, "--out", out)

    assert (done.code, done.last_two) == (
        1,
        [f"error: {out} exists already", "hint: name another, or add --force"],
    )
    assert out.read_text() == "mine"
    assert edgeft("predict", tiny_bundle.path, *TEXTS, "--out", out, "--force").code == 0


def test_a_bad_row_half_way_leaves_the_earlier_answers(edgeft, tiny_bundle, tmp_path):
    source, out = tmp_path / "texts.jsonl", tmp_path / "answers.csv"
    out.write_text("earlier")
    source.write_text('{"text": "fine"}\n{"text": 17}\n')
    done = edgeft("predict", tiny_bundle.path, "--file", source, "--out", out, "--force")

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {source}, line 2: the text is 17, not a string",
            "hint: write it as a string, or name another column: `columns: {text: ...}`, or --text",
        ],
    )
    assert {path.name for path in tmp_path.iterdir()} == {"texts.jsonl", "answers.csv"}
    assert out.read_text() == "earlier"


def test_a_full_disk_leaves_the_earlier_answers(edgeft, tiny_bundle, tmp_path, monkeypatch):
    out = tmp_path / "answers.csv"
    out.write_text("earlier")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    done = edgeft("predict", tiny_bundle.path, *TEXTS, "--out", out, "--force")

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: the disk is full: {out} could not be written",
            "hint: free some space, then run again",
        ],
    )
    assert [path.name for path in tmp_path.iterdir()] == ["answers.csv"]
    assert out.read_text() == "earlier"


def test_texts_and_a_file_together_are_wrong_usage(edgeft, tiny_bundle, tmp_path):
    assert edgeft("predict", tiny_bundle.path, "text", "--file", tmp_path).code == 2


def test_a_variant_that_is_not_there(edgeft, tiny_bundle):
    done = edgeft("predict", tiny_bundle.path, *TEXTS, "--variant", "int4")

    assert done.code == 1
    assert "int4" in done.last_two[0]


def test_predict_needs_nothing_of_the_train_extra(edgeft, edgeft_process, tiny_bundle):
    heavy = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'datasets', 'pyarrow', 'sklearn', 'onnx', 'peft'):\n"
        "    sys.modules[name] = None\n"
    )
    done = edgeft_process("predict", tiny_bundle.path, *TEXTS, prelude=heavy)

    assert (done.code, done.err) == (0, "")
    assert done.out == edgeft("predict", tiny_bundle.path, *TEXTS).out


def test_a_reader_that_has_seen_enough_is_no_error(tiny_bundle, tmp_path):
    source = tmp_path / "texts.txt"
    source.write_text("where is my card\n" * 20_000)
    command = [sys.executable, "-m", "edgeft", "predict", str(tiny_bundle.path), "--file", source]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait()) == ("", 0)
    process.stderr.close()


def test_texts_that_the_vocabulary_does_not_know_are_answered_and_noted(edgeft, tiny_bundle):
    done = edgeft("predict", tiny_bundle.path, "where is my card", "πού είναι η κάρτα μου")

    assert (done.code, len(done.out.splitlines())) == (0, 2)
    assert done.err.splitlines() == [
        "note: 5 of 9 tokens (55.6 %) are unknown to the model: its vocabulary was made for other"
        " texts",
        "hint: prune the vocabulary with `corpora` of such texts, or start from a base model that"
        " knows their language",
    ]
    greek = "πού είναι η κάρτα μου"
    assert edgeft("--quiet", "predict", tiny_bundle.path, greek).err == ""
    assert edgeft("predict", tiny_bundle.path, greek, "-q").err == ""
    assert edgeft("predict", tiny_bundle.path, greek, "--", "-q").out.splitlines()[1][-2:] == "-q"


def test_one_unknown_token_in_a_hundred_is_not_worth_a_note(edgeft, tiny_bundle, tmp_path):
    source, out = tmp_path / "texts.txt", tmp_path / "answers.csv"

    def notes(*known: str) -> str:
        source.write_text("\n".join(["κάρτα", *known]), encoding="utf-8")
        return edgeft("predict", tiny_bundle.path, "--file", source, "--out", out, "--force").err

    assert notes(*["card"] * 99) == ""
    assert notes(*["card"] * 98).startswith("note: 1 of 99 tokens (1.0 %)")


def test_a_stream_that_lacks_a_sign_gets_its_number(edgeft_process, tiny_bundle):
    done = edgeft_process(
        "predict", tiny_bundle.path, "wo ist mein Geld für 東京", "--threads", "1",
        env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.code, done.err.count("Traceback")) == (0, 0)
    assert "wo ist mein Geld f\\xfcr \\u6771\\u4eac" in done.out


def test_a_file_that_is_not_there_is_told_whatever_its_name(edgeft, tiny_bundle, tmp_path):
    done = edgeft("predict", tiny_bundle.path, "--file", tmp_path / "nothing")
    assert done.last_two == [f"error: no file at {tmp_path / 'nothing'}", "hint: check the path"]


def test_vectors_are_written_as_an_array(edgeft, make_every_task, tiny_bundle, tmp_path):
    texts, out = tmp_path / "texts.txt", tmp_path / "vectors.npy"
    texts.write_text("where is my card?\nthe cash is gone\nwhere is my card?\n")
    bundle = make_every_task("sentence-embeddings").bundle
    assert edgeft("predict", bundle, "--file", texts, "--out", out).code == 0
    found = np.load(out)
    with load(bundle, Embedder, threads=1) as model:
        wanted = model(texts.read_text().splitlines())
    assert (found.dtype, found.shape) == (np.float32, wanted.shape)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    refused = edgeft("predict", tiny_bundle.path, "--file", texts, "--out", out, "--force")
    assert (refused.code, np.load(out).shape) == (2, wanted.shape)
    assert "is for vectors, and this bundle gives others" in refused.err


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "tsv"])
def test_columns_of_the_file_are_kept_beside_the_answers(
    edgeft, tiny_bundle, best, tmp_path, suffix
):
    source, out = tmp_path / "texts.jsonl", tmp_path / f"answers.{suffix}"
    rows = [
        {"id": number, "text": text, "label": "mine"} for number, text in enumerate(TEXTS, start=1)
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    keep = ("--keep", "id", "--keep", "label", "--keep", "id")
    done = edgeft("predict", tiny_bundle.path, "--file", source, *keep, "--out", out)
    assert done.code == 0
    with out.open(newline="") as file:
        found = (
            [json.loads(line) for line in file]
            if suffix == "jsonl"
            else list(csv.DictReader(file, delimiter={"csv": ",", "tsv": "\t"}[suffix]))
        )
    assert [(int(row["id"]), row["given_label"], row["text"], row["label"]) for row in found] == [
        (number, "mine", text, label)
        for number, (text, (label, _)) in enumerate(zip(TEXTS, best, strict=True), start=1)
    ]


@pytest.mark.parametrize(
    ("name", "out", "said"),
    [
        ("texts.csv", "a.csv", "has no column 'id'"),
        ("texts.txt", "a.csv", "has no columns to keep"),
        ("texts.csv", "a.conll", "has no columns to keep others in"),
        (None, "a.csv", "--keep is of the columns of --file"),
        ("squad.json", "a.csv", "has no columns to keep"),
    ],
)
def test_columns_that_cannot_be_kept(edgeft, tiny_bundle, tmp_path, name, out, said):
    for each in ("texts.csv", "texts.txt"):
        (tmp_path / each).write_text("text\nhello\n")
    (tmp_path / "squad.json").write_text('{"data": []}')
    given = ["--file", tmp_path / name] if name else TEXTS
    keep = ("--keep", "id", "--out", tmp_path / out)
    done = edgeft("predict", tiny_bundle.path, *given, *keep)
    assert done.code in (1, 2)
    assert said in " ".join(done.err.split())
    assert not (tmp_path / out).exists()


def test_the_name_of_a_file_in_the_place_of_a_text_is_noted(edgeft, tiny_bundle, tmp_path):
    source = tmp_path / "texts.csv"
    source.write_text("text\nhello\n")
    done = edgeft("predict", tiny_bundle.path, source, "gone.csv", "a/b", "\0.csv", "x" * 9999)
    assert done.code == 0
    first, *others = done.err.splitlines()
    assert first == f"note: {source} is a file; to read the texts in it, --file {source}"
    assert not any("is a file" in each for each in others)

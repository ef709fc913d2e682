"""What a first look at data sees of its columns, labels and lengths."""

import json

import pytest

from edgeft.starter.looking import Look, look, several_in


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".tsv", ".parquet"])
def test_look_reads_every_format(tmp_path, suffix):
    path = tmp_path / f"data{suffix}"
    rows = [{"said": f"a sentence of six words {n}", "kind": "ab"[n % 2]} for n in range(10)]
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif suffix == ".json":
        path.write_text(json.dumps(rows))
    elif suffix == ".tsv":
        path.write_text("said\tkind\n" + "".join(f"{r['said']}\t{r['kind']}\n" for r in rows))
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
    assert look(path) == Look(10, ["said", "kind"], "said", "kind", labels=2, words=6)


@pytest.mark.parametrize(
    ("labels", "several"),
    [
        (["a", "b", "a|b", "c"], "a|b"),
        (["a; b", "b;c", "c; a"], "a; b"),
        (["rock|pop", "jazz"], ""),  # a name, as far as can be told
        (["science, technology", "science", "technology"], ""),
        (["a", "b"], ""),
    ],
)
def test_a_label_that_looks_like_several_is_seen(labels, several):
    assert several_in(labels) == several


def test_look_at_a_folder_counts_labels_and_files(tmp_path):
    for label in ("good", "bad"):
        (tmp_path / label).mkdir()
        for n in range(3):
            (tmp_path / label / f"{n}.txt").write_text("two words")
    assert look(tmp_path) == Look(6, labels=2, words=2)


def test_a_file_that_is_sorted_by_label_shows_all_its_labels(tmp_path):
    path = tmp_path / "sorted.csv"
    rows = [f"a text of number {number},{label}" for label in "abc" for number in range(1500)]
    path.write_text("\n".join(["text,label", *rows, "the only one,rare"]))
    found = look(path)
    assert (found.rows, found.text, found.label, found.labels) == (4501, "text", "label", 4)

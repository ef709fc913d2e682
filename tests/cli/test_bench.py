"""`edgeft bench`: the instrument through the command line."""

import json

import pytest

QUICK = ("--seconds", "0.1", "--cold-starts", "0", "--batch-size", "1")


def test_bench_times_every_variant_on_the_users_texts_and_writes_files(
    edgeft, tiny_bundle, tmp_path
):
    texts, out = tmp_path / "texts.txt", tmp_path / "bench"
    texts.write_text("where is my card\nthe notes from the machine\n" * 10)
    done = edgeft("bench", tiny_bundle.path, "--file", texts, "--out", out, *QUICK)

    assert done.code == 0, done.err
    assert done.out.startswith("# Benchmark\n")
    assert max(len(line) for line in done.out.splitlines() if line.startswith("|")) <= 100
    found = json.loads((out / "benchmark.json").read_text(encoding="utf-8"))
    assert {each["variant"] for each in found["subjects"]} == set(tiny_bundle.manifest.variants)
    assert (found["texts"]["n"], found["texts"]["source"]) == (20, str(texts))
    assert done.out == (out / "benchmark.md").read_text(encoding="utf-8")
    assert (out / "benchmark.png").is_file()


def test_bench_compares_one_variant_with_another(edgeft, tiny_bundle):
    path = tiny_bundle.path
    done = edgeft("bench", f"{path}:fp32", f"{path}:int8", "--json", *QUICK)

    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert [each["variant"] for each in found["subjects"]] == ["fp32", "int8"]
    assert found["texts"]["source"] == "the bundle's golden texts"
    assert all(row["total"]["raw_ms"] for row in found["rows"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["none"], "no model or bundle at none"),
        (["--file", "none.txt"], "no file at none.txt"),
    ],
)
def test_what_is_not_there_is_named_before_anything_is_timed(edgeft, tiny_bundle, arguments, error):
    done = edgeft("bench", tiny_bundle.path, *arguments)

    assert done.code == 1
    assert done.last_two[0] == f"error: {error}"


def test_bench_does_not_overwrite(edgeft, tiny_bundle, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = edgeft("bench", tiny_bundle.path, "--out", tmp_path)

    assert (done.code, done.last_two) == (
        1,
        [f"error: {tmp_path} exists already", "hint: name another, or add --force"],
    )

"""Which columns `edgeft init` takes for what, and that the other splits have them too."""

import pytest

from edgeft.recipe import load_recipe


def test_numbers_are_texts_where_the_column_is_called_so(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join(["text,label", *["123,billing", "45,shipping"] * 5]))
    for flags in ([], ["--label", "label"]):
        assert edgeft("init", "--train", train, "--out", out, "--yes", "--force", *flags).code == 0
        assert load_recipe(out).data.columns.text == "text"


def test_the_column_that_is_named_as_the_label_is_no_text(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join(["said,topic", *["hi,about the bill", "yes,about a parcel"] * 5]))
    assert edgeft("init", "--train", train, "--label", "topic", "--out", out, "--yes").code == 0
    assert load_recipe(out).data.columns.text == "said"


@pytest.mark.parametrize(
    ("held", "said"),
    [("", "is empty"), ("text,label\n", "has no rows"), ("txt,label\na,b\n", "no column 'text'")],
)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_init_looks_into_the_other_splits(edgeft, write_csv, tmp_path, held, said, split):
    train = write_csv("train.csv", [(f"what is {n}", "ab"[n % 2]) for n in range(9)])
    other, out = tmp_path / "other.csv", tmp_path / "recipe.yaml"
    other.write_text(held)
    done = edgeft("init", "--train", train, f"--{split}", other, "--out", out, "--yes")
    assert done.code == 1 and said in done.last_two[0] and not out.exists()
    done = edgeft("init", "--train", train, f"--{split}", "gone.csv", "--out", out, "--yes")
    assert done.last_two[0] == "error: no file, folder or sample 'gone.csv'"

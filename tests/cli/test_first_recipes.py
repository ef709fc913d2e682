"""What a first recipe says, by what was seen of the data."""

import pytest
from ruamel.yaml import YAML

from edgeft.starter.looking import Look, look
from edgeft.starter.writing import Answers, quoted, write_recipe


def test_init_explains_its_choices_in_comments(mails):
    written = write_recipe(Answers(base="x/y", train=str(mails)), look(mails))
    assert "# Written for 40 texts of 2 labels; a long text has 6 words." in written
    assert written.count("#") > 8
    longest = max(written.splitlines(), key=len)
    assert len(longest) <= 100 or str(mails) in longest


@pytest.mark.parametrize(
    ("megabytes", "budget"), [(91.0, "\n  max_size_mb: 18 "), (0.0, "\n  # max_size_mb: 10 ")]
)
def test_the_first_budget_of_bytes_is_taken_from_the_base(mails, megabytes, budget):
    answers = Answers(base="x/y", train=str(mails))
    assert budget in write_recipe(answers, look(mails), size_mb=megabytes)


def test_init_leaves_epochs_and_copies_to_the_effort_unless_texts_are_few_or_many():
    def amounts(rows):
        recipe = YAML(typ="safe").load(write_recipe(Answers("x/y", "a.csv"), Look(rows=rows)))
        reviews = [each.pop("clean") for each in recipe["steps"] if "clean" in each]
        assert reviews == [{"method": "review", "checks": ["label"]}] * (rows < 20_000)
        steps = [step for each in recipe["steps"] for step in each.values()]
        teacher, near, masked, student = steps[:4]
        assert (near["method"], masked["method"]) == ("neighbours", "mask")
        return (
            teacher["method"],
            teacher.get("epochs"),
            near.get("copies"),
            masked.get("copies"),
            student.get("epochs"),
        )

    assert [amounts(rows) for rows in (500, 10_000, 100_000, 1_000_000)] == [
        ("auto", None, 16, 4, 6),
        ("full", None, None, None, None),
        ("full", 3, 2, 1, 2),
        ("full", 2, 1, 1, 1),
    ]


def test_a_teacher_of_few_rows_goes_over_them_more_often():
    def epochs(rows, **task):
        written = write_recipe(Answers("x/y", "a.csv", **task), Look(rows=rows))
        steps = YAML(typ="safe").load(written)["steps"]
        (teacher,) = [each["finetune"] for each in steps if "finetune" in each]
        assert teacher["method"] == "full"
        return teacher.get("epochs")

    several = {"one_label": False, "learns_slowly": True}
    found = [epochs(rows, **several) for rows in (50, 250, 600, 999, 1000, 100_000)]
    assert found == [20, 20, 8, 5, None, 3]
    assert [epochs(rows, **several, names=True) for rows in (300, 3400)] == [6, 2]
    assert epochs(250, one_label=False) is None
    assert epochs(0, **several) is None  # of the hub, where nobody has counted them


def test_init_cuts_long_texts(write_csv):
    path = write_csv("long.csv", [("word " * 300 + str(n), "ab"[n % 2]) for n in range(10)])
    written = write_recipe(Answers(base="x/y", train="long.csv"), look(path))
    assert written.count("max_length: 128") == 2
    assert "# texts are cut to 128 tokens" in written


def test_init_counts_characters_where_words_have_no_spaces(write_csv):
    path = write_csv("long.csv", [("房间很好，" * 60 + str(n), "ab"[n % 2]) for n in range(10)])
    assert look(path).words == 301
    assert "max_length: 128" in write_recipe(Answers(base="x/y", train="long.csv"), look(path))


@pytest.mark.parametrize(
    "value",
    [
        "train.csv",
        "data/a b.csv",
        "yes",
        "null",
        "a: b",
        "x:",
        "pkg:a_b/model",
        "1e3",
        "#a",
        "é",
        "",
    ],
)
def test_quoted_values_come_back_as_they_were(value):
    found = YAML(typ="safe", pure=True).load(f"a: {quoted(value)}\nb: {{c: {quoted(value)}}}\n")
    assert found == {"a": value, "b": {"c": value}}

"""A review lists what is wrong, changes nothing by itself, and follows what a person decided."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split, write_split
from edgeft.errors import DataError
from edgeft.steps import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft_clean import Review, ReviewOptions
from edgeft_clean.decisions import COLUMNS, key_of
from edgeft_clean.findings import Finding, decided
from edgeft_clean.review import surest

TOPICS = {
    "pets": ["cat", "dog", "hamster", "parrot", "rabbit", "goldfish", "puppy", "kitten"],
    "food": ["bread", "cheese", "apple", "soup", "rice", "butter", "tomato", "carrot"],
    "cars": ["engine", "wheel", "brake", "gear", "motor", "bumper", "clutch", "axle"],
}
FRAMES = [
    "my {} is here again", "we saw a {} and another {}", "no {} for me today", "buy one {} please",
    "the {} was very old", "where did the {} go", "is that your {} over there", "a {} for everyone",
]  # fmt: skip

Reviewed = Callable[..., Dataset]


def clean_texts() -> list[tuple[str, str]]:
    return [
        (frame.format(word, word), topic)
        for topic, words in TOPICS.items()
        for word in words
        for frame in FRAMES
    ]


def dataset(out: Path, **splits: list[tuple[str, str | None]]) -> Dataset:
    with Dataset.create(out, force=True) as draft:
        first = 0
        for split, rows in splits.items():
            write_split(
                draft.path,
                split,
                [
                    {"id": first + number, "text": text, "label": label, "parent": None}
                    for number, (text, label) in enumerate(rows)
                ],
            )
            draft.manifest.rows[split] = len(rows)
            first += len(rows)
        draft.manifest.task = TextClassification.name
        draft.manifest.labels = sorted(TOPICS)
    return draft.artifact


@pytest.fixture
def review(tmp_path: Path) -> Reviewed:
    def run(data: Dataset, out: str = "reviewed", **options: Any) -> Dataset:
        context = Context(out=tmp_path / out, task=TextClassification(), force=True)
        return Review(ReviewOptions(**options), context).run(data)

    return run


def decisions(data: Dataset) -> list[dict[str, str]]:
    with (data.path / "decisions.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def edit(data: Dataset, out: Path, change: Callable[[dict[str, str]], None]) -> Path:
    rows = decisions(data)
    for row in rows:
        change(row)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return out


def rows_of(data: Dataset, split: str) -> list[tuple[str, str | None]]:
    return [(row["text"], row["label"]) for row in open_split(data, split)]


def said(data: Dataset, check: str) -> list[tuple[str, str, str]]:
    """Text, action and new label of the rows that a check found."""
    return [
        (row["text"], row["action"], row["new_label"])
        for row in decisions(data)
        if check in row["checks"].split()
    ]


HELD_OUT = [("the parrot was quite loud", "pets"), ("soup with rice on a plate", "food")]


def test_nothing_changes_until_somebody_says_so(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], ("the soup was very old", "cars")]
    data = dataset(tmp_path / "data", train=texts, validation=HELD_OUT)
    found = review(data)
    assert rows_of(found, "train") == texts
    assert rows_of(found, "validation") == HELD_OUT
    assert {row["action"] for row in decisions(found)} >= {"drop"}
    assert found.manifest.history[-1].figures["dropped"] == 0


def test_a_text_that_stands_there_twice_is_proposed_to_be_dropped_once(
    tmp_path: Path, review: Reviewed
) -> None:
    texts = [*clean_texts(), *[clean_texts()[3]] * 2]
    found = review(dataset(tmp_path / "data", train=texts), checks=["duplicate"], apply=True)
    assert said(found, "duplicate") == [(clean_texts()[3][0], "drop", "")] * 2
    assert rows_of(found, "train") == clean_texts()


def test_nearly_the_same_text_is_shown_and_kept(tmp_path: Path, review: Reviewed) -> None:
    text, label = clean_texts()[3]
    texts = [*clean_texts(), (f"{text.upper()}!", label)]
    found = review(dataset(tmp_path / "data", train=texts), checks=["near-duplicate"], apply=True)
    assert said(found, "near-duplicate") == [(f"{text.upper()}!", "keep", "")]
    assert rows_of(found, "train") == texts


def test_two_thirds_outvote_a_contradicting_label(tmp_path: Path, review: Reviewed) -> None:
    text = "my cat sat on the bread"
    texts = [*clean_texts(), (text, "pets"), (text, "food"), (text, "pets")]
    found = review(dataset(tmp_path / "data", train=texts), checks=["contradiction"], apply=True)
    assert said(found, "contradiction") == [(text, "relabel", "pets")]
    assert rows_of(found, "train") == [*clean_texts(), *[(text, "pets")] * 3]


def test_where_labels_of_one_text_balance_out_all_are_dropped(
    tmp_path: Path, review: Reviewed
) -> None:
    text = "my cat sat on the bread"
    texts = [*clean_texts(), (text, "pets"), (text, "food")]
    found = review(dataset(tmp_path / "data", train=texts), checks=["contradiction"], apply=True)
    assert said(found, "contradiction") == [(text, "drop", "")] * 2
    assert rows_of(found, "train") == clean_texts()


def test_a_training_text_of_the_held_out_split_is_dropped_from_training(
    tmp_path: Path, review: Reviewed
) -> None:
    texts = [*clean_texts(), HELD_OUT[0], ("Soup, with rice on a plate!", "food")]
    data = dataset(tmp_path / "data", train=texts, validation=HELD_OUT)
    found = review(data, checks=["overlap"], apply=True)
    assert [action for _, action, _ in said(found, "overlap")] == ["drop", "drop"]
    assert rows_of(found, "train") == clean_texts()
    assert rows_of(found, "validation") == HELD_OUT


def test_wrong_labels_are_found_by_what_the_other_texts_say(
    tmp_path: Path, review: Reviewed
) -> None:
    texts = clean_texts()
    wrong = [5, 47, 91]
    labels = sorted(TOPICS)
    for place in wrong:
        text, label = texts[place]
        texts[place] = text, labels[(labels.index(label) + 1) % 3]
    found = review(dataset(tmp_path / "data", train=texts), checks=["label"], apply=True)
    flagged = {int(row["row"]) for row in decisions(found)}
    assert flagged <= set(wrong)
    assert len(flagged) >= 2
    for row in flagged:
        assert texts[row] not in rows_of(found, "train")


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("text", "my cat \ufffd is here"),
        ("text", "mein Haus gehÃ¶rt mir"),
        ("text", "a null \x00 byte"),
        ("text", "?! ..."),
        ("text", "<p>my <b>cat</b></p>"),
        ("length", "a very long text about a cat " * 40),
        ("script", "моя кошка снова здесь"),
        ("language", "wo ist denn meine Katze schon wieder"),
        ("language", "¿DÓNDE ESTÁ MI GATO ESTA MAÑANA?"),
        ("outlier", "zzqx vvkj qqpw xxyj"),
    ],
)
def test_odd_texts_are_named_and_kept(
    check: str, text: str, tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=[*clean_texts(), (text, "pets")])
    found = review(data, checks=[check], apply=True)
    assert [int(row["row"]) for row in decisions(found)] == [len(clean_texts())]
    assert decisions(found)[0]["why"]
    assert len(rows_of(found, "train")) == len(clean_texts()) + 1


@pytest.mark.parametrize(
    "text",
    [
        "meine Katze",  # too few words
        "Giuseppe Verdi Wolfgang Amadeus Mozart Johann Sebastian Bach",
        "https://beispiel.de/wo-ist-meine-katze wo@ist.de #katze",
        "DE89 3704 0044 0532 0130 00",
        "can i get a card",  # py3langid hesitates between English and Catalan
    ],
)
def test_what_has_no_language_of_its_own_is_left_alone(
    text: str, tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=[*clean_texts(), (text, "pets")])
    assert said(review(data, checks=["language"]), "language") == []


def test_a_language_that_many_texts_are_in_is_none_of_the_odd_ones(
    tmp_path: Path, review: Reviewed
) -> None:
    german = [f"wo ist denn meine {word} schon wieder" for word in ("Katze", "Maus", "Ente", "Kuh")]
    french = "je ne sais pas où se trouve mon chat"
    texts = [*clean_texts(), *((text, "pets") for text in german), (french, "pets")]
    found = review(dataset(tmp_path / "data", train=texts), checks=["language"])
    assert [text for text, _, _ in said(found, "language")] == [french]


def test_a_language_is_told_where_words_have_no_spaces(tmp_path: Path, review: Reviewed) -> None:
    chinese = [f"酒店的{room}很干净，服务员也很热情" for room in ("房间", "大堂", "餐厅", "浴室")]
    odd = "ห้องพักสะอาดมาก แต่พนักงานไม่ค่อยยิ้ม"
    texts = [*clean_texts(), *((text, "pets") for text in chinese), (odd, "pets")]
    found = review(dataset(tmp_path / "data", train=texts), checks=["language"])
    assert [text for text, _, _ in said(found, "language")] == [odd]


def test_scripts_that_are_written_side_by_side_are_one(tmp_path: Path, review: Reviewed) -> None:
    japanese = [f"この{thing}はとても良かったです" for thing in ("本", "宿", "店", "車", "酒")]
    texts = [*clean_texts(), *((text, "pets") for text in [*japanese, "最高", "ＶＥＲＹ ＧＯＯＤ"])]
    odd = "الغرفة نظيفة"
    found = review(dataset(tmp_path / "data", train=[*texts, (odd, "pets")]), checks=["script"])
    assert [text for text, _, _ in said(found, "script")] == [odd]


def test_what_many_texts_begin_with_is_boilerplate(tmp_path: Path, review: Reviewed) -> None:
    head = "Dear Sir or Madam, I am writing to you on behalf of my company about this: "
    texts = [*clean_texts(), *((head + text, label) for text, label in clean_texts()[::8])]
    found = review(dataset(tmp_path / "data", train=texts), checks=["boilerplate"])
    assert len(said(found, "boilerplate")) == len(clean_texts()[::8])


def test_clean_texts_are_left_alone(tmp_path: Path, review: Reviewed) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), validation=HELD_OUT)
    found = review(data, apply=True)
    assert [row for row in decisions(found) if row["action"] != "keep"] == []
    assert rows_of(found, "train") == clean_texts()


def test_an_edited_file_is_followed_to_the_letter(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], clean_texts()[1]]
    data = dataset(tmp_path / "data", train=texts, validation=HELD_OUT)
    first = review(data, checks=["duplicate"])

    def decide(row: dict[str, str]) -> None:
        if row["text"] == clean_texts()[0][0]:
            row["action"] = "keep"
        else:
            row["action"], row["new_label"] = "relabel", "cars"

    file = edit(first, tmp_path / "mine.csv", decide)
    found = review(data, out="followed", decisions=str(file))
    assert rows_of(found, "train") == [
        *clean_texts(),
        clean_texts()[0],
        (clean_texts()[1][0], "cars"),
    ]
    figures = found.manifest.history[-1].figures
    assert (figures["dropped"], figures["relabelled"], figures["kept"]) == (0, 1, 1)


def weights_in(data: Dataset) -> list[float | None]:
    return list(open_split(data, "train")["weight"])


def test_a_person_may_let_a_row_count_less(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], clean_texts()[1]]
    first = review(dataset(tmp_path / "data", train=texts), checks=["duplicate"])
    weights = iter(["0,25", ""])

    def decide(row: dict[str, str]) -> None:
        row["action"], row["weight"] = "Down-weight", next(weights)

    file = edit(first, tmp_path / "mine.csv", decide)
    found = review(Dataset.open(first.path), out="followed", decisions=str(file))
    assert rows_of(found, "train") == texts
    assert weights_in(found) == [None] * len(clean_texts()) + [0.25, 0.5]
    figures = found.manifest.history[-1].figures
    assert (figures["dropped"], figures["relabelled"], figures["down_weighted"]) == (0, 0, 2)
    assert found.manifest.summary["weighted"] == {"rows": 2, "least": 0.25, "most": 1.0}
    again = review(found, out="again", decisions=str(file))
    assert weights_in(again)[-2:] == [0.0625, 0.25]


@pytest.mark.parametrize("unsure", ["drop", "down-weight", "keep"])
def test_a_person_says_what_is_proposed_where_the_check_is_unsure(
    unsure: str, tmp_path: Path, review: Reviewed
) -> None:
    texts = clean_texts()
    texts[5] = texts[5][0], "food"
    data = dataset(tmp_path / "data", train=texts)
    options = {"checks": ["label"], "confidence": 1.0, "unsure": unsure}
    (row,) = decisions(review(data, **options))
    assert (row["action"], row["new_label"], row["row"]) == (unsure, "", "5")
    assert row["weight"] == ("0.5" if unsure == "down-weight" else "")
    found = review(data, apply=True, **options)
    assert len(rows_of(found, "train")) == len(texts) - (unsure == "drop")
    assert weights_in(found)[5] == (0.5 if unsure == "down-weight" else None)


def test_the_surest_label_errors_are_kept_for_the_report_and_not_in_the_history(
    tmp_path: Path, review: Reviewed
) -> None:
    texts = clean_texts()
    for place in (5, 47):
        texts[place] = texts[place][0], "cars"
    found = review(dataset(tmp_path / "data", train=texts), checks=["label"])
    shown = found.manifest.summary["cleaning"]["label_errors"]
    assert [each["text"] for each in shown] == [
        texts[int(row["row"])][0] for row in decisions(found)
    ]
    assert {each["label"] for each in shown} == {"cars"}
    assert [each["score"] for each in shown] == sorted((e["score"] for e in shown), reverse=True)
    assert texts[5][0] not in found.manifest.history[-1].model_dump_json()


def test_the_report_shows_how_sure_the_check_of_labels_is_and_a_text_once() -> None:
    texts = {1: "my cat", 2: "My cat!", 3: "the engine", 4: "a soup"}
    findings = [
        Finding(1, "duplicate", "high", "again", action="drop", score=1.0),
        Finding(1, "label", "high", "unlike", action="drop", score=0.6),
        Finding(2, "label", "high", "unlike", action="drop", score=0.7),
        Finding(3, "label", "high", "unlike", action="relabel", new_label="cars", score=0.8),
        Finding(4, "length", "low", "long", score=0.9),
    ]
    found = decided(findings, {row: ("train", text, "pets") for row, text in texts.items()})
    assert [(each["text"], each["score"]) for each in surest(found)] == [
        ("the engine", 0.8),
        ("My cat!", 0.7),
    ]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_spreadsheet_may_have_saved_the_file(
    delimiter: str, tmp_path: Path, review: Reviewed
) -> None:
    texts = [*clean_texts(), *[("=SUM(A1) is my cat", "pets")] * 2]
    data = dataset(tmp_path / "data", train=texts)
    first = review(data, checks=["duplicate"])
    ((text, action, _),) = said(first, "duplicate")
    assert (text, action) == ("'=SUM(A1) is my cat", "drop")
    with (tmp_path / "mine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(
            {**row, "text": "#NAME?", "row": f"{row['row']}.0", "action": "Drop"}
            for row in decisions(first)
        )
    found = review(data, out="followed", decisions=str(tmp_path / "mine.csv"))
    assert rows_of(found, "train") == texts[:-1]


def test_the_summary_is_of_what_is_left(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], clean_texts()[1]]
    found = review(dataset(tmp_path / "data", train=texts), checks=["duplicate"], apply=True)
    summary = found.manifest.summary
    assert summary["splits"]["train"]["rows"] == len(clean_texts())
    assert summary["splits"]["train"]["duplicates"]["exact"] == 0
    assert summary["cleaning"]["rows_before"] == {"train": len(texts)}
    assert summary["cleaning"]["rows_after"] == {"train": len(clean_texts())}
    assert summary["cleaning"]["found"] == {"duplicate": 2}


def test_copies_go_the_way_of_their_parent(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), ("my cat sat on the bread", "food")]
    parent = len(texts) - 1
    with Dataset.create(tmp_path / "data") as draft:
        rows = [
            {"id": number, "text": text, "label": label, "parent": None}
            for number, (text, label) in enumerate(texts)
        ]
        rows.append({"id": 900, "text": "my cat sat", "label": "food", "parent": parent})
        write_split(draft.path, "train", rows)
        draft.manifest.rows["train"] = len(rows)
        draft.manifest.task = TextClassification.name
        draft.manifest.labels = sorted(TOPICS)
    first = review(draft.artifact, checks=["label", "outlier", "near-duplicate"])
    file = tmp_path / "mine.csv"
    key = key_of("my cat sat on the bread")
    file.write_text(f"action,new_label,key,row\nrelabel,pets,{key},{parent}\n")
    found = review(draft.artifact, out="followed", decisions=str(file))
    assert first.manifest.rows == found.manifest.rows
    assert rows_of(found, "train")[-2:] == [
        ("my cat sat on the bread", "pets"),
        ("my cat sat", "pets"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("remove,,{key},{row}", "line 2: unknown action 'remove'"),
        ("relabel,birds,{key},{row}", "line 2: relabel to 'birds', which is not among"),
        ("drop,,{other},{row}", "line 2: row 0 of these data is another text"),
        ("drop,,{key},9999", "line 2: row 9999 of these data is another text"),
        ("drop,,{key},first", "line 2: row first of these data is another text"),
        ("drop,,{key},{row}\nkeep,,{key},{row}", "line 3: row 0 stands there twice"),
        ("down-weight,,{key},{row},half", "line 2: the weight is 'half', not a number from 0 to 1"),
        ("down-weight,,{key},{row},-0.5", "line 2: the weight is '-0.5', not a number from 0"),
        ("down-weight,,{key},{row},nan", "line 2: the weight is 'nan', not a number from 0"),
        ("down-weight,,{key},{row},1.5", "line 2: the weight is '1.5', not a number from 0"),
        ("down-weight,,{held_key},{held},", "line 2: row 192 is one of validation, which nothing"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused(
    line: str, message: str, tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), validation=HELD_OUT)
    file = tmp_path / "mine.csv"
    line = line.format(
        key=key_of(clean_texts()[0][0]), other=key_of("another text"), row=0,
        held_key=key_of(HELD_OUT[0][0]), held=len(clean_texts()),
    )  # fmt: skip
    weight = ",weight" if line.startswith("down") else ""
    file.write_text(f"action,new_label,key,row{weight}\n{line}\n")
    with pytest.raises(DataError, match=message):
        review(data, decisions=str(file))
    assert not (tmp_path / "reviewed").exists()


def test_a_file_of_something_else_is_refused(tmp_path: Path, review: Reviewed) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("text,label\na cat,pets\n")
    with pytest.raises(DataError, match="has no column 'action'") as caught:
        review(dataset(tmp_path / "data", train=clean_texts()), decisions=str(file))
    assert "a decisions file has the columns action, new_label" in caught.value.hint


def test_the_last_row_of_a_label_cannot_be_dropped(tmp_path: Path, review: Reviewed) -> None:
    texts = [pair for pair in clean_texts() if pair[1] != "cars"]
    data = dataset(tmp_path / "data", train=[*texts, ("the only wheel", "cars")])
    file = tmp_path / "mine.csv"
    file.write_text(f"action,new_label,key,row\ndrop,,{key_of('the only wheel')},{len(texts)}\n")
    with pytest.raises(DataError, match="no training row with the label 'cars'"):
        review(data, decisions=str(file))


def test_a_proposal_never_takes_the_last_row_of_a_label(tmp_path: Path, review: Reviewed) -> None:
    texts = [pair for pair in clean_texts() if pair[1] != "cars"]
    data = dataset(
        tmp_path / "data", train=[*texts, ("the only wheel", "cars")],
        validation=[("the only wheel!", "cars")],
    )  # fmt: skip
    found = review(data, checks=["overlap"], apply=True)
    ((text, action, _),) = said(found, "overlap")
    assert (text, action) == ("the only wheel", "keep")
    assert found.manifest.rows["train"] == len(texts) + 1


def test_a_row_without_a_label_cannot_be_given_one_here(tmp_path: Path, review: Reviewed) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), unlabelled=[("a lone dog", None)])
    file = tmp_path / "mine.csv"
    row = len(clean_texts())
    file.write_text(f"action,new_label,key,row\nrelabel,pets,{key_of('a lone dog')},{row}\n")
    with pytest.raises(DataError, match=f"row {row} is one of the unlabelled texts"):
        review(data, decisions=str(file))


def test_a_file_that_was_edited_in_place_leaves_its_dataset_whole(
    tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=[*clean_texts(), clean_texts()[0]])
    found = review(data, checks=["duplicate"])
    file = edit(found, found.path / "decisions.csv", lambda row: row.update(action="keep"))
    Dataset.open(found.path).verify()
    with pytest.raises(DataError, match="stands in the directory that is about to be replaced"):
        review(data, decisions=str(file))
    assert file.exists()


def test_an_encoder_looks_at_what_texts_mean(
    tmp_path: Path, tiny_dataset: Dataset, make_tiny_base: Callable[[str], Path]
) -> None:
    context = Context(
        out=tmp_path / "out", task=TextClassification(), cache=tmp_path / "cache", threads=1
    )
    options = ReviewOptions(model=str(make_tiny_base("bert")), checks=["label", "outlier"])
    found = Review(options, context).run(tiny_dataset)
    assert found.manifest.rows == tiny_dataset.manifest.rows
    assert len(list((tmp_path / "cache" / "embeddings").iterdir())) == 1

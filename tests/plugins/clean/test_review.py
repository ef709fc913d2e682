"""A review lists what is wrong, proposes what to do, and changes nothing by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notes import Notes
from reviewed import (
    HELD_OUT,
    TOPICS,
    Reviewed,
    clean_texts,
    dataset,
    decisions,
    rows_of,
    said,
    weights_in,
)

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft_clean import Review, ReviewOptions
from edgeft_clean.findings import Finding, decided
from edgeft_clean.review import surest


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


def test_of_two_labels_of_one_text_the_one_that_others_speak_for_is_kept(
    tmp_path: Path, review: Reviewed
) -> None:
    text, label = clean_texts()[3]
    texts = [*clean_texts(), (text, next(each for each in sorted(TOPICS) if each != label))]
    checks = ["contradiction", "label"]
    found = review(dataset(tmp_path / "data", train=texts), checks=checks, apply=True)
    assert sorted(action for _, action, _ in said(found, "contradiction")) == ["drop", "keep"]
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


def test_a_validation_text_of_the_test_split_is_dropped_from_validation(
    tmp_path: Path, review: Reviewed
) -> None:
    validation = [*HELD_OUT, ("a rabbit that likes carrots", "pets")]
    test = [("The parrot was quite loud!", "pets"), HELD_OUT[1]]
    train = [*clean_texts(), HELD_OUT[1]]
    data = dataset(tmp_path / "data", train=train, validation=validation, test=test)
    found = review(data, checks=["overlap"], apply=True)
    assert said(found, "overlap") == [
        (HELD_OUT[1][0], "drop", ""),  # of train
        (HELD_OUT[1][0], "drop", ""),
        (HELD_OUT[0][0], "drop", ""),  # nearly
    ]
    assert rows_of(found, "train") == clean_texts()
    assert rows_of(found, "validation") == validation[2:]
    assert rows_of(found, "test") == test


def test_a_validation_split_that_is_the_test_split_is_kept(
    tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), validation=HELD_OUT, test=HELD_OUT)
    found = review(data, checks=["overlap"], apply=True)
    assert [action for _, action, _ in said(found, "overlap")] == ["keep", "keep"]
    assert "no row of validation left" in decisions(found)[0]["why"]
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
        ("text", "aaaaaaaaaaaa"),
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


def test_the_summary_is_of_what_is_left(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], clean_texts()[1]]
    found = review(dataset(tmp_path / "data", train=texts), checks=["duplicate"], apply=True)
    summary = found.manifest.summary
    assert summary["splits"]["train"]["rows"] == len(clean_texts())
    assert summary["splits"]["train"]["duplicates"]["exact"] == 0
    assert summary["cleaning"]["rows_before"] == {"train": len(texts)}
    assert summary["cleaning"]["rows_after"] == {"train": len(clean_texts())}
    assert summary["cleaning"]["found"] == {"duplicate": 2}


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


@pytest.mark.parametrize(("rare", "said"), [(2, True), (4, False)])
def test_an_uneven_balance_of_labels_is_told(rare: int, said: bool, tmp_path: Path) -> None:
    texts = [(f"text number {row}", "pets" if row < 30 else "food") for row in range(30 + rare)]
    notes = Notes()
    context = Context(out=tmp_path / "out", task=TextClassification(), progress=notes)
    options = ReviewOptions(checks=["duplicate"])
    found = Review(options, context).run(dataset(tmp_path / "data", train=texts))
    assert found.manifest.history[-1].figures["imbalance"] == 30 / rare
    note = f"the most frequent label has {30 / rare:.0f} times the rows of the rarest"
    assert notes.said == ([note] if said else [])


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


@pytest.fixture
def noted(tmp_path: Path, tiny_dataset: Dataset) -> Callable[..., list[str]]:
    """What a review by a model says."""

    def run(model: Path, **options: Any) -> list[str]:
        notes = Notes()
        context = Context(
            out=tmp_path / "out", task=TextClassification(), progress=notes, threads=1
        )
        Review(ReviewOptions(model=str(model), **options), context).run(tiny_dataset)
        return notes.said

    return run


def test_a_model_that_was_trained_on_labels_is_said_to_know_them(
    noted: Any, tiny_checkpoint: Checkpoint
) -> None:
    base = tiny_checkpoint.manifest.history[-1].inputs["base"]
    assert noted(tiny_checkpoint.path, checks=["label"])[0] == (
        f"{tiny_checkpoint.path} was trained on labels by finetune full: of rows that were among"
        " them its vectors repeat the label, and hide where it is wrong; name what it was made"
        f" from, {base}, as the model"
    )


def test_a_model_that_knows_labels_may_say_which_texts_are_odd(
    noted: Any, tiny_checkpoint: Checkpoint
) -> None:
    assert not any(
        "trained on labels" in said for said in noted(tiny_checkpoint.path, checks=["outlier"])
    )


@pytest.mark.parametrize("method", ["", "probe", "auto", "adapt"])
def test_an_encoder_that_no_label_changed_is_taken_as_it_is(
    method: str,
    noted: Any,
    make_tiny_base: Any,
    registry: Registry,
    tiny_dataset: Dataset,
    tmp_path: Path,
) -> None:
    model = make_tiny_base("bert")
    if method:
        told = {"auto": {"among": ["probe"]}, "adapt": {"epochs": 0.1}}.get(method, {})
        context = Context(
            out=tmp_path / "made", task=TextClassification(), find_step=registry.step, threads=1
        )
        step = registry.step("finetune", method)
        model = (
            step(registry.options("finetune", method, told), context).run(model, tiny_dataset).path
        )
    assert not any("trained on labels" in said for said in noted(model, checks=["label"]))

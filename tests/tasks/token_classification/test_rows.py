import pytest

from edgeft.errors import DataError
from edgeft.tasks.token_classification import TokenClassification

TASK = TokenClassification()
TEXT = "Ann Lee is in 上海 😀"
WANTED = '[[0, 7, "person"], [14, 16, "地"]]'


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ([[14, 16, "地"], [0, 7, "person"]], TEXT),
        ([{"start": 0, "end": 7, "type": "person"}, {"start": 14, "end": 16, "label": "地"}], TEXT),
        ('[[0, 7, "person"], [14, 16, "地"]]', TEXT),
        ('[{"start": 0, "end": 7, "entity": "person"}, [14, 16, "地"]]', TEXT),
        ("B-person I-person O O B-地 O", TEXT),
        (["B-person", "I-person", "O", "O", "B-地", "O"], TEXT),
        (["B-person", "E-person", "O", "O", "S-地", "O"], TEXT.split()),
        ("person person O O 地 O", TEXT.split()),
    ],
)
def test_spans_and_tags_are_stored_alike(answer, text):
    assert TASK.write_text(text) == TEXT
    assert TASK.write_answer(answer, text) == WANTED


def test_a_text_without_entities_has_an_empty_list():
    assert TASK.write_answer([], "nothing here") == "[]"
    assert TASK.write_answer("[]", "nothing here") == "[]"
    assert TASK.write_answer(["O", "O"], ["nothing", "here"]) == "[]"


def test_what_is_not_seen_around_a_span_is_no_part_of_it():
    assert TASK.write_answer([[0, 7, "x"]], "\u200eParis ") == '[[1, 6, "x"]]'
    assert TASK.write_answer(["x", "x", "O"], ["Bonn", "\u200b", "now"]) == '[[0, 4, "x"]]'
    assert TASK.write_answer(["O", "x"], ["Bonn", "\u200b"]) == '[[5, 6, "x"]]'  # as it is


@pytest.mark.parametrize(
    ("answer", "text", "message"),
    [
        (["O"], ["two", "tokens"], "there are 1 tags for 2 tokens, in 'two tokens'"),
        ("O O O", "two words", "there are 3 tags for 2 tokens, in 'two words'"),
        ([[0, 99, "x"]], "short", "the span [0, 99, 'x'] lies beyond the text, which has 5"),
        ([[-1, 2, "x"]], "short", "the span [-1, 2, 'x'] lies beyond the text"),
        ([[3, 2, "x"]], "short", "the span [3, 2, 'x'] ends before it starts"),
        ([[2, 2, "x"]], "short", "the span [2, 2, 'x'] holds no text"),
        ([[1, 2, "x"]], "a b", "the span [1, 2, 'x'] holds no text"),
        ([[0, 3, "x"], [2, 4, "y"]], "short", "[0, 3, 'x'] and [2, 4, 'y'] overlap"),
        ([[0, 3, ""]], "short", "the span is [0, 3, ''], not two numbers and a name"),
        ([[0, 3]], "short", "the span is [0, 3], not a start, an end and a type"),
        ([{"start": 0, "type": "x"}], "short", "not two numbers and a name"),
        ([3, 4], "two words", "tag 1 is 3, not a name"),
        ("", "short", "the answer is empty"),
        ("[[0, 3", "short", "the answer is no JSON"),
        (None, "short", "the answer is None, no list of spans or tags"),
    ],
)
def test_answers_that_cannot_be_are_refused(answer, text, message):
    with pytest.raises(DataError) as error:
        TASK.write_answer(answer, text)
    assert message in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("tokens", "text", "parts"),
    [
        ("我 住 在 上 海 。", "我住在上海。", {"上海": (3, 5)}),
        ("我 用 iPhone 手 机", "我用 iPhone 手机", {"iPhone 手机": (2, 5)}),
        ("他 说 “ 佐 々 木 ” 好 …", "他说“佐々木”好…", {"佐々木": (3, 6)}),
        ("ฉัน อยู่ กรุงเทพ now", "ฉันอยู่กรุงเทพ now", {"กรุงเทพ": (2, 3)}),
        ("서울 에 산다", "서울 에 산다", {"서울": (0, 1)}),
        ("the “ big ” city , now", "the “ big ” city , now", {"big": (2, 3)}),
    ],
)
def test_tokens_are_joined_as_their_script_is_written(tokens, text, parts):
    words = tokens.split()
    assert TASK.write_text(words) == text
    for part, (first, end) in parts.items():
        tags = ["x" if first <= place < end else "O" for place in range(len(words))]
        start = text.index(part)
        assert TASK.write_answer(tags, words) == f'[[{start}, {start + len(part)}, "x"]]'


def test_a_token_that_is_no_word_is_refused():
    with pytest.raises(DataError, match="token 2 is '', not a word"):
        TASK.write_text(["a", ""])

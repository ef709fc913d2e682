"""Two marked parts of a text: how they are written, and what is cut around them."""

import pytest
from tokenizers import Tokenizer

from edgeft.errors import DataError
from edgeft.runtime.marking import Mentions, is_marked, marked, mention_places, written
from edgeft.runtime.windows import Window

RING = Mentions("the ring is made of gold", (4, 8), (20, 24))


def test_the_first_part_stands_between_braces_and_the_second_between_brackets():
    assert marked(RING) == "the { ring } is made of [ gold ]"
    assert marked(Mentions(RING.text, RING.tail, RING.head)) == "the [ ring ] is made of { gold }"


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        (Mentions("ring's gold!", (0, 4), (7, 11)), "{ ring } 's [ gold ] !"),
        (Mentions("f(x) = {a[0]}", (0, 1), (8, 9)), "{ f } (x) = ( [ a ] (0))"),
        (Mentions("a  ring of gold ", (1, 8), (10, 16)), "a  { ring } of [ gold ] "),
        (Mentions("so:\nring of\u3000gold", (4, 8), (12, 16)), "so:\n { ring } of\u3000 [ gold ]"),
        (Mentions("指环是金的", (0, 2), (3, 4)), "{ 指环 } 是 [ 金 ] 的"),
    ],
)
def test_marks_stand_apart_and_nothing_else_looks_like_one(mentions, expected):
    assert marked(mentions) == expected
    assert is_marked(expected)


def test_tags_are_read_and_what_is_marked_stays_as_it_is():
    tagged = "the <e2>ring</e2> is made of <e1>gold</e1>"
    assert written(tagged) == "the [ ring ] is made of { gold }"
    assert written(written(tagged)) == written(tagged)
    assert mention_places(written(tagged)) == [(24, 32), (4, 12)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Mentions("a ring", (2, 6), (7, 9)), r"tail \[7, 9\] lies beyond the text, which has 6"),
        (Mentions("a ring", (2, 2), (0, 1)), r"head \[2, 2\] holds no text"),
        (Mentions("a ring", (4, 2), (0, 1)), r"head \[4, 2\] ends before it starts"),
        (Mentions("a ring", (1, 2), (0, 1)), r"head \[1, 2\] holds no text"),
        (Mentions("a ring", (0, 4), (2, 6)), r"head \[0, 4\] and tail \[2, 6\] overlap"),
        ("a ring", "the text has no <e1>"),
        ("<e1>a</e1> <e2>ring", "the text has no </e2>"),
        ("<e1>a</e1> <e1>ring</e1>", "<e1> stands in the text twice"),
        (3, "3 is no text with two marked parts"),
    ],
)
def test_parts_that_a_text_does_not_have_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        written(given)


@pytest.fixture
def tokenizer(tiny_tokenizer_dir):
    return Tokenizer.from_file(str(tiny_tokenizer_dir / "tokenizer.json"))


@pytest.mark.parametrize("room", [12, 20, 31])
@pytest.mark.parametrize("between", [1, 40])
@pytest.mark.parametrize("turned", [False, True])
def test_a_long_text_keeps_both_parts_and_what_is_near_them(tokenizer, room, between, turned):
    text = f"{'why ' * 50}card {'is ' * between}cash{' my' * 50}"
    spans = [(text.index(word), text.index(word) + 4) for word in ("card", "cash")]
    whole = marked(Mentions(text, *(spans[::-1] if turned else spans)))
    window = Window(tokenizer, room, "relation")
    cut = window.cut(whole)
    assert is_marked(cut)
    assert [cut[slice(*each)] for each in mention_places(cut)] == [
        whole[slice(*each)] for each in mention_places(whole)
    ]
    assert room - 1 <= window.size(cut) + 2 <= room
    if between == 1 and room > 12:
        assert cut.startswith("why")
        assert cut.endswith("my")


def test_a_part_longer_than_the_model_reads_keeps_its_marks(tokenizer):
    text = f"{'card ' * 60}cash"
    window = Window(tokenizer, 16, "relation")
    cut = window.cut(marked(Mentions(text, (0, 299), (300, 304))))
    assert is_marked(cut)
    assert "[ cash ]" in cut
    assert window.size(cut) == 14


def test_a_text_that_fits_or_has_no_marks_is_left_alone(tokenizer):
    assert Window(tokenizer, 64, "relation").cut(marked(RING)) == marked(RING)
    window = Window(tokenizer, 16, "relation")
    assert window.cut("why " * 50) == "why " * 50


def test_marks_that_nothing_closes_are_looked_at_once():
    """However many there are: an application hands on what people write."""
    assert not is_marked("{ " * 100_000)
    assert is_marked("{ " * 1000 + "{ a } [ b ]")

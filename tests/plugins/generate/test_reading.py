"""What language models put around the texts that they are asked for."""

import pytest

from edgeft_generate.reading import texts_in

ASKED = "Say it in other words.\nWrite one version a line.\n\nText: "


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ("Where has my card gone?", ["Where has my card gone?"]),
        ("1. one card\n2) two cards\n(3) three cards", ["one card", "two cards", "three cards"]),
        ("- one card\n* two cards\n• three cards", ["one card", "two cards", "three cards"]),
        ("**1.** one card\n**2.** two cards", ["one card", "two cards"]),
        ("Here are two:\n1. one card\n2. two cards\nHope it helps!", ["one card", "two cards"]),
        ("Sure! Here is the rewording: one card", ["one card"]),
        ("Here's another way to say it:\n\n\"one card\"", ["one card"]),
        ("Certainly!\n\none card\n\nLet me know if you need more.", ["one card"]),
        ("Version 1: one card\nVersion 2: two cards", ["one card", "two cards"]),
        ("Reworded text: «one card»", ["one card"]),
        ("“one card”", ["one card"]),
        ('He said "yes" and "no"', ['He said "yes" and "no"']),
        ("**one card**", ["one card"]),
        ('["one card", "two cards"]', ["one card", "two cards"]),
        ('```json\n["one card"]\n```', ["one card"]),
        ("<think>They want\n1. a card</think>\none card", ["one card"]),
        ("<think>They want a card and", []),
        ("   one \t card ", ["one card"]),
        ("2 cards were lost", ["2 cards were lost"]),
        ("3.5 euros were charged", ["3.5 euros were charged"]),
        ("I'm sorry that my card is late", ["I'm sorry that my card is late"]),
        ("I'm sorry, but I can't help with that.", []),
        ("As an AI language model, I have no card", []),
        ("Write one version a line.\none card", ["one card"]),
        ("Say it in other words.", []),
        ("This is a simple alternative that says the same.", []),
        ("The text is unclear. I made changes.", []),
        ("The change I got was wrong", ["The change I got was wrong"]),
        ("The cash machine kept my card", ["The cash machine kept my card"]),
        ("...\n!!\n123", []),
        ("", []),
    ],
)  # fmt: skip
def test_texts_are_found_in_answers(answer: str, texts: list[str]) -> None:
    assert texts_in(answer, ASKED) == texts


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ("1. one card\n2. two ca", ["one card"]),
        ("1. one card\n", ["one card"]),
        ("one card\n\nLet me know if", ["one card"]),
        ("one ca", []),
        ('["one card", "two ca', []),
        ("<think>They want a card</think>\none ca", []),
    ],
)
def test_the_last_line_of_an_answer_that_was_cut_off_goes(answer, texts) -> None:
    assert texts_in(answer, ASKED, cut=True) == texts


def test_what_speaks_of_a_text_is_kept_where_the_original_does() -> None:
    original = "my bank did not send that text message"
    copy = "The text message that I got is not from my bank"
    assert texts_in(copy, ASKED, about=original) == [copy]
    assert texts_in(copy, ASKED, about="My bank did not write to me") == []

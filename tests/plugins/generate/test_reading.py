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
        ('["one card", "two ca', ["one card"]),
        ('["one card",\n"two cards",\n"three ca', ["one card", "two cards"]),
        ('```json\n[\n  "one card",\n  "two cards', ["one card"]),
        ('["one ca', []),
        ("<think>They want a card</think>\none ca", []),
    ],
)
def test_the_last_line_of_an_answer_that_was_cut_off_goes(answer, texts) -> None:
    assert texts_in(answer, ASKED, cut=True) == texts


@pytest.mark.parametrize(
    "answer",
    [
        'Here are two versions:\n[\n  "one card",\n  "two cards"\n]',
        'Sure! Here you go: ["one card", "two cards"]',
        '["one card", "two cards",]',
        '[\n"one card",\n"two cards"',
        '```json\n["one card",\n"two cards"]\n```\nLet me know if you need more.',
    ],
)
def test_a_list_is_read_with_talk_around_it_and_with_an_end_of_its_own(answer: str) -> None:
    assert texts_in(answer, ASKED) == ["one card", "two cards"]


@pytest.mark.parametrize(
    "answer",
    [
        "Sure! Here is the rewording: one card",
        "Of course! I can help with that. Here is a new version: one card",
        "Certainly, here's the sentence reworded: one card",
        "Okay, here's one: one card",
        "Here is the text in other words: one card",
        "Here's how I would put it: one card",
        "Here is my paraphrase: one card",
        "Here are 3 complaints about late cards:\none card",
        "Paraphrased text: one card",
        "Version 1. one card",
    ],
)
def test_what_announces_a_text_is_left_out(answer: str) -> None:
    assert texts_in(answer, ASKED) == ["one card"]


@pytest.mark.parametrize(
    "text",
    [
        "Great hotel but one problem: the shower was cold",
        "OK: it works",
        "Sure, I paid: where is the receipt?",
        "Here is my problem: the card was declined",
        "Here is the text message I got: your card is blocked",
        "Here are two cards: one works and one does not",
        "The following happened: I lost my card",
        "I can't help with the setup of my router",
        "I can't help with the setup of a router",
        "I cannot provide my PIN, what now?",
        "I'm sorry, but I can't log in to my account",
        "I'm unable to complete the payment request",
        "I can't complete this transfer",
        "I cannot comply with the new rules",
        "I can't create messages that expire",
        "As an AI researcher, I need a faster card",
        "The new version crashes on start",
        "Both versions crash on start",
        "This version of the app is buggy",
        "Let me know if my card is on its way",
        "I hope this gets fixed soon",
        "Note: card lost",
        '["sic"] she said',
    ],
)
def test_texts_that_begin_as_models_talk_are_whole(text: str) -> None:
    assert texts_in(text, ASKED) == [text]


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't assist with that request.",
        "Sorry, I can't help you with that.",
        "I cannot fulfill this request.",
        "I am unable to provide a paraphrase of this text.",
        "I can’t create content that promotes violence.",
        "I cannot generate hateful content.",
        "I'm just an AI, I cannot do that",
        "I'm sorry, but I can't help with that.\n\nShall I take another text instead?",
    ],
)
def test_a_refusal_has_no_text(answer: str) -> None:
    assert texts_in(answer, ASKED) == []


def test_a_refusal_among_numbered_texts_is_one_of_them() -> None:
    answer = "1. one card\n2. I can't help you with that."
    assert texts_in(answer, ASKED) == ["one card", "I can't help you with that."]


def test_what_speaks_of_a_text_is_kept_where_the_original_does() -> None:
    original = "my bank did not send that text message"
    copy = "The text message that I got is not from my bank"
    assert texts_in(copy, ASKED, about=original) == [copy]
    assert texts_in(copy, ASKED, about="My bank did not write to me") == []

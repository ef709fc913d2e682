"""Texts that are odd by themselves are told from short, foreign and playful ones."""

import pytest

from edgeft_clean.texts import broken, odd, script_of


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("my cat \ufffd is here", "a character that could not be decoded (U+FFFD)"),
        ("mein Haus gehÃ¶rt mir", "characters of a wrong encoding, such as Ã©"),
        ("a null \x00 byte", "a control character (U+0000)"),
        ("deleted\x7f text", "a control character (U+007F)"),
        ("so it goes\x85 on", "a control character (U+0085)"),
        ("a \x9f here", "a control character (U+009F)"),
        ("?! ...", "no letter and no digit"),
    ],
)
def test_what_is_broken_is_named(text: str, why: str) -> None:
    assert broken(text) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("call us \ue0b0 now", "a character for private use (U+E0B0), such as an icon"),
        ("call us \U000f0001 now", "a character for private use (U+F0001), such as an icon"),
        ("a \u0378 here", "a character that Unicode does not have (U+0378)"),
        ("a \uffff here", "a character that Unicode does not have (U+FFFF)"),
        ("<p>my <b>cat</b></p>", "markup such as HTML"),
        ("aaaaaaaaaaaa", "nothing but the letter a, 12 times"),
        ("ЫЫЫЫ ыыыыыы!", "nothing but the letter ы, 10 times"),
        ("asdfghjkl", "a run of keys of a keyboard"),
        ("ASDFasdfasdf...", "a run of keys of a keyboard"),
        ("poiuytrewq", "a run of keys of a keyboard"),
        ("фывапролдж", "a run of keys of a keyboard"),
        ("sdfkjhsdfkjh", "a run of keys of a keyboard"),
    ],
)
def test_what_is_odd_may_yet_be_meant(text: str, why: str) -> None:
    assert broken(text) == ""
    assert odd(text) == why


@pytest.mark.parametrize(
    "text",
    [
        "one\ttab, two\r\nlines",
        "a new emoji \U0001fae8 \U0001fa8e",
        "👨‍👩‍👧 ❤️ is family",
        "AAAA",
        "ASDF",
        "XK-4477-FGH",
        "000000000000",
        "5555555555555",
        "hahahahahaha",
        "jajajajajaja",
        "kkkkkkkkkkkkk",
        "wwwwwwwwwwwww",
        "哈哈哈哈哈哈哈哈哈哈哈哈",
        "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
        "ههههههههههههه",
        "Noooooooooooo",
        "qwerty",
        "QWERTZ",
        "Wert",
        "Čtvrthrst",
        "falafels",
        "my asdfghjkl row is stuck",
    ],
)
def test_codes_laughs_and_words_are_left_alone(text: str) -> None:
    assert broken(text) == odd(text) == ""


def test_a_run_of_keys_is_read_in_time_that_grows_with_it() -> None:
    assert odd("asdfghjkl" * 2000 + "1") == ""


def test_the_beginning_of_a_long_text_tells_its_script() -> None:
    assert script_of("кошка " * 10_000 + "cat " * 100_000) == "CYRILLIC"

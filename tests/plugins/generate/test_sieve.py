"""What a model wrote is taken where it is new, and counted where it is not."""

from edgeft_generate.sieve import Sieve


def test_texts_that_say_nothing_new_are_counted() -> None:
    sieve = Sieve()
    texts = ["", "where is MY card", "a card", "A card!", "the card", None]
    own = [{"text": "Where is my card?", "pair": None}]
    assert list(sieve.new(texts, own, set())) == ["a card", "the card"]
    assert sieve.lost() == "1 empty, 1 identical, 1 duplicate, 1 truncated"


def test_new_texts_become_known() -> None:
    sieve, known = Sieve(), set[int]()
    own = [{"text": "Where is my card?", "pair": None}]
    assert list(sieve.new(["a card"], own, known)) == ["a card"]
    assert list(sieve.new(["a card", "the card"], own, known)) == ["the card"]
    assert sieve.counted["duplicate"] == 1


def test_a_text_is_judged_with_its_second_one() -> None:
    sieve, known = Sieve(), set[int]()
    for pair in ("yes", "no"):
        own = [{"text": "Where is my card?", "pair": pair}]
        assert list(sieve.new(["a card"], own, known)) == ["a card"]

"""Each change touches the share of words that it is asked to, and nothing else."""

from functools import partial
from random import Random

import pytest

from edgeft.data.units import text_of, units_of
from edgeft_augment.noise import delete, insert, masking, places, splice, substitute, swap

WORDS = [f"w{n}" for n in range(20)]


def random(seed: int = 0) -> Random:
    return Random(seed)


@pytest.mark.parametrize(("rate", "left"), [(0.1, 18), (0.01, 19), (1.0, 1)])
def test_delete_leaves_the_other_words_in_order(rate: float, left: int) -> None:
    found = delete(WORDS, rate, random())
    assert len(found) == left
    assert [word for word in WORDS if word in found] == found


def test_mask_replaces_words_in_place() -> None:
    found = masking("<mask>")(WORDS, 0.25, random())
    assert found.count("<mask>") == 5
    assert all(new in (old, "<mask>") for old, new in zip(WORDS, found, strict=True))


def test_swap_keeps_every_word() -> None:
    found = swap(WORDS, 0.1, random())
    assert sorted(found) == sorted(WORDS)
    assert found != WORDS
    assert all(abs(WORDS.index(word) - place) <= 2 for place, word in enumerate(found))


@pytest.mark.parametrize(("rate", "more"), [(0.01, 1), (0.25, 5), (1.0, 20)])
def test_insert_puts_words_of_the_text_in_and_moves_none(rate: float, more: int) -> None:
    found = insert(WORDS, rate, random())
    assert len(found) == len(WORDS) + more
    assert set(found) == set(WORDS)
    places = iter(found)
    assert all(word in places for word in WORDS)  # in their order
    assert insert([], rate, random()) == []


def test_words_go_in_at_both_ends_with_a_space_between() -> None:
    made = {text_of(insert(units_of("my card"), 0.1, random(seed))) for seed in range(60)}
    assert made == {"my my card", "card my card", "my card card", "my card my"}


@pytest.mark.parametrize("count", [0, 1, 4, 6, 10])
def test_places_are_different_and_evenly_drawn(count: int) -> None:
    drawn = [places(10, count, random(seed)) for seed in range(1000)]
    assert {len(each) for each in drawn} == {count}
    for place in range(10):
        assert sum(place in each for each in drawn) == pytest.approx(100 * count, abs=60)


def test_substitutes_keep_punctuation_and_where_case_is_none_of_theirs_a_capital() -> None:
    units = units_of("Card, my card!")
    others = {"card": ["chip"]}
    assert text_of(substitute(units, 1.0, random(), others=others)) == "Card, my chip!"
    found = substitute(units, 1.0, random(), others=others, any_case=True)
    assert text_of(found) == "Chip, my chip!"


@pytest.mark.parametrize(("rate", "taken"), [(0.01, 1), (0.5, 10), (1.0, 19)])
def test_splice_puts_one_span_in_the_place_of_another(rate: float, taken: int) -> None:
    other = [f"other{n}" for n in range(30)]
    found = splice(WORDS, other, rate, random())
    assert len(found) == len(WORDS)
    start = next(place for place, word in enumerate(found) if word in other)
    first = other.index(found[start])
    assert found[start : start + taken] == other[first : first + taken]
    assert found[:start] == WORDS[:start]
    assert found[start + taken :] == WORDS[start + taken :]


def test_splice_takes_no_more_than_the_other_has() -> None:
    assert splice(WORDS, ["one", "two"], 0.5, random()).count("one") == 1
    assert splice(WORDS, [], 0.5, random()) == WORDS
    assert splice(["only"], ["other"], 0.5, random()) == ["only"]


@pytest.mark.parametrize("noise", [delete, swap, partial(substitute, others={})])
def test_text_of_one_word_comes_back(noise: object) -> None:
    assert noise(["only"], 0.5, random()) == ["only"]
    assert noise([], 0.5, random()) == []


def test_given_words_are_not_changed() -> None:
    words = list(WORDS)
    for noise in (delete, swap, insert, masking("[MASK]")):
        noise(words, 0.5, random())
    assert words == WORDS


def test_same_seed_gives_the_same_words() -> None:
    for noise in (delete, swap, insert, masking("[MASK]")):
        assert noise(WORDS, 0.3, random(1)) == noise(WORDS, 0.3, random(1))
        assert noise(WORDS, 0.3, random(1)) != noise(WORDS, 0.3, random(2))
